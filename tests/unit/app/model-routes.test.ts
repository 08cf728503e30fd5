import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createDirectory } from '../../../src/config/directory.ts'
import { followReaders, followRoutes } from '../../../src/model-routes.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { createHome, goodFile } from '../config/home-fixture.ts'

const targets = [{ alias: 'smart', model: 'anthropic/claude-x', provider: 'anthropic', isStandIn: false, fallbacks: [] }]
const accepted = `${goodFile}minors_terms: [{ provider: anthropic, accepted_by: owner, on: 2026-11-25 }]\n`

const untilTrue = (condition: () => boolean): Promise<true> =>
  waitUntil(
    () => condition() || undefined,
    () => 'the files were not followed',
  )

test('a yes recorded while running counts, is kept over a bad edit, and is gone when it is taken back', async () => {
  const folders = createHome()
  const write = (text: string): void => writeFileSync(join(folders.home, 'ai-ops.yaml'), text)
  const directory = await createDirectory({ ...folders, standIn: false })
  if (!directory.ok) throw new Error(directory.error.sentence)
  using following = directory.value
  const faults: string[] = []
  following.onChange((change) => {
    if ('fault' in change) faults.push(change.fault.sentence)
  })
  const routes = followRoutes({ targets, gateway: { url: 'http://127.0.0.1:4000' } }, () => following.current())
  const acceptedBy = (): string | undefined => routes().get('smart')?.acceptedBy
  expect([routes().get('smart')?.minors, acceptedBy()]).toEqual(['conditions', undefined])
  expect(routes()).toBe(routes())
  write(accepted)
  await untilTrue(() => acceptedBy() === 'owner')
  write(accepted.replace('accepted_by: owner', 'accepted_by: child'))
  await untilTrue(() => faults.length > 0)
  expect(acceptedBy()).toBe('owner')
  write(goodFile)
  await untilTrue(() => acceptedBy() === undefined)
})

test("a change of the providers' terms counts while running", async () => {
  const folders = createHome()
  const directory = await createDirectory({ ...folders, standIn: false })
  if (!directory.ok) throw new Error(directory.error.sentence)
  using following = directory.value
  const routes = followRoutes({ targets, gateway: { url: 'http://127.0.0.1:4000' } }, () => following.current())
  expect(routes().get('smart')?.minors).toBe('conditions')
  const table = 'providers:\n  anthropic: { minors: no, date: 2026-11-26, note: Not any more. }\n'
  writeFileSync(join(folders.projectRoot, 'config/minors.yaml'), table)
  await untilTrue(() => routes().get('smart')?.minors === 'no')
})

test("behind somebody else's gateway the configuration says where aliases lead, and what it does not name is unknown", async () => {
  const models =
    'models: { smart: { model: anthropic/claude-x, minors: yes }, local: { model: ollama_chat/q }, fast: { model: gemini/g } }\n'
  const directory = await createDirectory({ ...createHome(`${goodFile}${models}`), standIn: false })
  if (!directory.ok) throw new Error(directory.error.sentence)
  using following = directory.value
  const at = (url: string) =>
    [...followRoutes({ targets: undefined, gateway: { url } }, () => following.current())()].map(([alias, { minors }]) => [alias, minors])
  expect(at('https://gateway.example')).toEqual([
    ['smart', 'yes'],
    ['fast', 'no'],
    ['local', 'no'],
  ])
})

test('who reads a question is told of each alias: the usual model as people know it, another one by its name', async () => {
  const target = (alias: string, model: string, provider: string) => ({ alias, model, provider, isStandIn: false, fallbacks: [] })
  const source = {
    targets: [
      target('smart', 'anthropic/claude-x', 'anthropic'),
      target('fast', 'anthropic/claude-x', 'anthropic'),
      target('judge', 'openai/wise', 'openai'),
      target('local', 'ollama_chat/small', 'ollama'),
    ],
    gateway: { url: 'http://127.0.0.1:4000' },
    model: 'claude-x',
    provider: 'Anthropic',
  }
  const directory = await createDirectory({ ...createHome(), standIn: false })
  if (!directory.ok) throw new Error(directory.error.sentence)
  using following = directory.value
  const readersOf = followReaders(source, 'home', () => following.current())
  const usual = { homeserver: 'home', model: 'claude-x', provider: 'Anthropic' }
  expect([readersOf('smart'), readersOf('fast'), readersOf('economy')]).toEqual([usual, usual, usual])
  expect(readersOf('judge')).toEqual({ homeserver: 'home', model: 'wise', provider: 'openai' })
  expect(readersOf('local')).toEqual({ homeserver: 'home', model: 'small', provider: undefined })
})
