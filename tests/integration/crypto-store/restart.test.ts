import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { Inspection } from '../../support/crypto-machine.ts'
import { runCrypto, startCrypto } from '../../support/crypto-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'crypto-restart-'))
let file: string
let made = 0

beforeEach(() => {
  file = join(folder, `${++made}`, 'crypto.db')
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

test('every rule of IndexedDB holds across a restart', async () => {
  await runCrypto(['conformance-write', file])
  const { outcome } = await runCrypto<Readonly<Record<string, string>>>(['conformance-check', file])
  expect(Object.keys(outcome).length).toBeGreaterThan(14)
  expect(Object.entries(outcome).filter(([, verdict]) => verdict !== 'ok')).toEqual([])
})

test('the SDK finds its device again', async () => {
  const first = await runCrypto<string>(['sdk', file])
  const second = await runCrypto<string>(['sdk', file])
  expect(first.outcome).toHaveLength(43)
  expect(second.outcome).toBe(first.outcome)
  console.log(`initRustCrypto: new ${first.ms} ms, again ${second.ms} ms`)
})

test('kill -9 while the real crypto writes loses nothing that was acknowledged', { timeout: 120_000 }, async () => {
  const acknowledged = join(folder, 'acknowledged')
  let sessions = 0
  for (let round = 0; round < 8; round++) {
    const writer = startCrypto(['churn', file, acknowledged])
    await writer.said('CHURNING')
    // the moment is the random part: no condition to wait for
    await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 600))
    writer.child.kill('SIGKILL')
    expect((await writer.ended).signal).toBe('SIGKILL')

    const { outcome } = await runCrypto<Inspection>(['inspect', file, acknowledged])
    expect(outcome.lost).toBe(0)
    expect(outcome.sessions % 20, 'a batch is one transaction').toBe(0)
    expect(outcome.sessions).toBeGreaterThanOrEqual(sessions)
    expect(outcome.identities).toEqual([outcome.identity])
    ;({ sessions } = outcome)
  }
  expect(sessions).toBeGreaterThan(0)
  console.log(`8 kills: ${sessions} sessions, all there`)
})

test('a failed commit ends the process before anything takes the write for done', async () => {
  // the log may grow to about 1 MB
  const filling = startCrypto(['fill', file], 2_000)
  expect((await filling.ended).code).toBe(70)
  const last = filling.lines.at(-1) ?? ''
  const completed = filling.lines.filter((line) => line.startsWith('complete ')).length
  expect(last).toMatch(/^fatal .*crypto\.db.*(no space|cannot be read or written)/)
  // the request succeeded, so that COMMIT is what failed; nobody was told that the transaction did
  expect(filling.lines.at(-2)).toBe(`put ${completed}`)
  expect(completed).toBeGreaterThan(5)

  const { outcome } = await runCrypto<readonly number[]>(['keys', file])
  expect(outcome).toEqual(Array.from({ length: completed }, (_, i) => i))
})

test('opening stays quick and memory flat with 5,000 sessions', { timeout: 120_000 }, async () => {
  interface Imported {
    readonly openMs: number
    readonly oneByOneMs: number
    readonly sessions: number
  }
  const imported = await runCrypto<Imported>(['import', file, '5000'])
  const empty = await runCrypto<Imported>(['import', join(folder, 'empty', 'crypto.db'), '0'])
  const again = await runCrypto<Imported>(['import', file, '0'])
  expect(again.outcome.sessions).toBe(5_000)
  console.log(
    `1,000 sessions one by one ${imported.outcome.oneByOneMs} ms; 5,000: open ${again.outcome.openMs} ms (empty ${empty.outcome.openMs} ms), ${again.rssMb} MB (empty ${empty.rssMb} MB)`,
  )
  expect(again.ms).toBeLessThan(2_000)
  expect(again.rssMb - empty.rssMb).toBeLessThan(40)
})
