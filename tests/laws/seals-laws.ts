import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TenantId } from '../../src/contracts/ids.ts'
import type { Seals } from '../../src/contracts/tenant-stores.ts'

export interface SealsFixture extends Disposable {
  readonly seals: Seals
  /** Destroys a tenant's key for good. */
  destroyKey(tenant: TenantId): void
}

const mine = 'mine' as TenantId
const yours = 'yours' as TenantId

/** What every adapter and double of `Seals` promises. */
export function sealsLaws(name: string, makeFixture: () => SealsFixture): void {
  describe(`${name} keeps the laws of Seals`, () => {
    let fixture: SealsFixture
    let seals: Seals
    beforeEach(() => {
      fixture = makeFixture()
      seals = fixture.seals
    })
    afterEach(() => fixture[Symbol.dispose]())

    it('opens what it sealed, any text', () => {
      for (const text of ['', 'hello', 'Grüße 🛑', 'x'.repeat(100_000)]) expect(seals.unseal(mine, seals.seal(mine, text))).toBe(text)
    })

    it('shows nothing of the text, and never seals alike twice', () => {
      const sealed = Buffer.from(seals.seal(mine, 'marzipan marzipan'))
      expect(sealed.includes('marzipan')).toBe(false)
      expect(sealed.equals(seals.seal(mine, 'marzipan marzipan'))).toBe(false)
    })

    it('does not open for another tenant, nor what was changed', () => {
      seals.seal(yours, 'so that yours has a key')
      const sealed = seals.seal(mine, 'secret')
      expect(() => seals.unseal(yours, sealed)).toThrow(Error)
      for (const place of [0, 5, 20, sealed.length - 1]) {
        const changed = Uint8Array.from(sealed, (byte, index) => (index === place ? byte ^ 1 : byte))
        expect(() => seals.unseal(mine, changed)).toThrow(Error)
      }
      expect(() => seals.unseal(mine, sealed.subarray(0, 10))).toThrow(Error)
    })

    it('opens nothing once the key is destroyed, also after a new key was made', () => {
      const sealed = seals.seal(mine, 'secret')
      fixture.destroyKey(mine)
      expect(() => seals.unseal(mine, sealed)).toThrow(Error)
      seals.seal(mine, 'a new life')
      expect(() => seals.unseal(mine, sealed)).toThrow(Error)
    })
  })
}
