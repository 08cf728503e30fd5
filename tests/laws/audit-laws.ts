import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuditEntry, AuditLog } from '../../src/contracts/incidents.ts'

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
      expect(await audit.list(0)).toEqual([entry(10, 'a'), entry(20, 'b'), entry(20, 'c'), entry(20, 'b')])
      expect(await audit.list(20)).toHaveLength(3)
      expect(await audit.list(21)).toEqual([])
    })
  })
}

export function entry(at: number, subject: string): AuditEntry {
  return { at, actor: 'robin', action: 'question.allowed', subject, detail: { answer: 'once', count: 2 } }
}
