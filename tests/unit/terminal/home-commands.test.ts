import { expect, test } from 'vitest'
import { runCommandLine } from '../../../src/interfaces/terminal/command-line.ts'
import type { SpendQuery } from '../../../src/interfaces/terminal/home-ports.ts'
import { createPorts, createScreen } from './fake-terminal.ts'

/** What the home was asked, and the exit code. */
async function spend(...words: readonly string[]): Promise<{ readonly code: number; readonly asked: readonly SpendQuery[] }> {
  const asked: SpendQuery[] = []
  const { home, ...ports } = createPorts({})
  const answer = async (query: SpendQuery): Promise<{ readonly ok: true; readonly value: readonly [] }> => {
    asked.push(query)
    return { ok: true, value: [] }
  }
  const code = await runCommandLine(
    ['spend', ...words],
    { ...ports, home: { ...home, spend: answer } },
    createScreen(),
    new AbortController().signal,
  )
  return { code, asked }
}

test('the spend since a day, by a way that is known', async () => {
  expect(await spend('--since', '2026-02-28', '--by', 'room', '--tenant', 'family')).toEqual({
    code: 0,
    asked: [{ by: 'room', since: Date.UTC(2026, 1, 28), tenant: 'family' }],
  })
})

test.each([
  ['a day that no calendar has', ['--since', '2026-02-30']],
  ['words for a day', ['--since', 'yesterday']],
  ['a way that is unknown', ['--by', 'planet']],
  ['more words', ['please']],
])('%s is misuse, and nothing is asked', async (_name, words) => {
  expect(await spend(...words)).toEqual({ code: 2, asked: [] })
})
