import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuditEntry, AuditLog, AuditRange } from '../../src/contracts/audit.ts'

export interface AuditFixture extends AsyncDisposable {
  /** An audit without entries. */
  readonly audit: AuditLog
}

/** What every adapter and double of `AuditLog` promises. */
export function auditLaws(name: string, makeFixture: () => Promise<AuditFixture>): void {
  describe(`${name} keeps the laws of AuditLog`, () => {
    let fixture: AuditFixture
    beforeEach(async () => {
      fixture = await makeFixture()
    })
    afterEach(() => fixture[Symbol.asyncDispose]())

    it('lists what was appended since a moment, in order of time and of arrival', async () => {
      const { audit } = fixture
      for (const one of [entry(20, 'b'), entry(20, 'c'), entry(10, 'a'), entry(20, 'b')]) await audit.append(one)
      expect(await audit.list(0)).toMatchObject([entry(10, 'a'), entry(20, 'b'), entry(20, 'c'), entry(20, 'b')])
      expect((await audit.list(0)).map(({ number }) => number)).toEqual([3, 1, 2, 4])
      expect(await audit.list(20)).toHaveLength(3)
      expect(await audit.list(21)).toEqual([])
    })

    it('is a chain: the same entry has another hash in another place, and the whole is verified to its head', async () => {
      const { audit } = fixture
      expect(await audit.verify()).toEqual({ ok: true, rows: 0, head: '' })
      for (let count = 0; count < 3; count += 1) await audit.append(entry(1, 'same'))
      const hashes = (await audit.list(0)).map(({ hash }) => hash)
      expect(new Set(hashes).size).toBe(3)
      expect(await audit.verify()).toEqual({ ok: true, rows: 3, head: hashes.at(-1) })
    })

    it('is read in order of the chain, a piece at a time', async () => {
      const { audit } = fixture
      for (const one of [entry(20, 'a'), entry(10, 'b'), entry(30, 'c'), entry(20, 'd')]) await audit.append(one)
      const numbersIn = async (range: AuditRange) => (await audit.read(range)).map(({ number }) => number)
      expect(await numbersIn({ since: 0, limit: 3 })).toEqual([1, 2, 3])
      expect(await numbersIn({ since: 0, after: 3, limit: 3 })).toEqual([4])
      expect(await numbersIn({ since: 20, after: 1, limit: 9 })).toEqual([3, 4])
      expect(await numbersIn({ since: 31, limit: 9 })).toEqual([])
    })

    it('is compared with an entry that was kept elsewhere, also after it has grown', async () => {
      const { audit } = fixture
      for (const subject of ['a', 'b']) await audit.append(entry(1, subject))
      const { number, hash } = (await audit.list(0)).at(-1) ?? { number: 0, hash: '' }
      await audit.append(entry(2, 'c'))
      expect(await audit.verify({ number, hash })).toMatchObject({ ok: true, rows: 3 })
      expect(await audit.verify({ number, hash: 'ff' })).toEqual({ ok: false, number: 2, wrong: 'changed' })
      expect(await audit.verify({ number: 9, hash })).toEqual({ ok: false, number: 4, wrong: 'cut' })
    })

    it('stays whole whatever its texts are made of', async () => {
      const { audit } = fixture
      for (const text of ['', '\u0000 in between', '\uD800 alone', '"quoted", \n😀'])
        await audit.append({ at: 1, actor: text, action: text, subject: text, detail: { [text]: text }, device: text, cause: text })
      expect(await audit.verify()).toMatchObject({ ok: true, rows: 4 })
    })

    it('writes what one event ordered once, and keeps device, hashes and cause', async () => {
      const { audit } = fixture
      const ordered = { ...entry(5, 'mia'), device: 'DEV', before: 'aa', after: 'bb', cause: '$order' }
      await audit.append(ordered)
      await audit.append({ ...ordered, at: 6 })
      await audit.append({ ...ordered, subject: 'tom' })
      expect(await audit.list(0)).toMatchObject([ordered, { ...ordered, subject: 'tom' }])
      expect(await audit.verify()).toMatchObject({ ok: true, rows: 2 })
    })
  })
}

export function entry(at: number, subject: string): AuditEntry {
  return { at, actor: 'robin', action: 'question.allowed', subject, detail: { answer: 'once', count: 2 } }
}
