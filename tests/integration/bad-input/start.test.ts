import { randomBytes } from 'node:crypto'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDatabase } from '../../../src/data/database.ts'
import { openKeyRing } from '../../../src/data/key-ring.ts'
import { BotProcess } from '../../support/bot-process.ts'
import { takeFreePorts } from '../../support/free-ports.ts'
import { masterKey, openHome } from '../../unit/data/open-stores.ts'

const good = `version: 1
instance: { name: Home, stack: none }
matrix:
  homeserver: http://127.0.0.1:9
  user: "@assistant:localhost"
  appservice_token: token
gateway: { url: "http://127.0.0.1:9", key: key }
tenants:
  family: { name: Family }
members:
  robin: { user: "@robin:localhost", name: Robin, role: owner, tenant: family }
`

let home: string
let portBase: number
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ai-ops-bad-home-'))
  portBase = (await takeFreePorts(1))[0] ?? 0
  await writeFile(join(home, 'ai-ops.yaml'), good, { mode: 0o600 })
})
afterEach(() => rm(home, { recursive: true, force: true }))

/** What `serve` says before it ends: plain sentences, no stack trace. */
async function refusal(): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  const bot = new BotProcess({ home, portBase })
  const { code } = await bot.exited
  return { code, lines: bot.output.split('\n').filter((line) => line !== '') }
}

const configure = (text: string): Promise<void> => writeFile(join(home, 'ai-ops.yaml'), text, { mode: 0o600 })

it('no configuration: says how to make one', async () => {
  await rm(join(home, 'ai-ops.yaml'))
  expect(await refusal()).toEqual({
    code: 3,
    lines: [`There is no ai-ops.yaml in ${home}. Write one with \`ai-ops init\`, or bring up the demo with \`npm start\`.`],
  })
})

it.each([
  ['broken YAML', good.replace('name: Home,', 'name: "Home,'), /^ai-ops\.yaml, line \d+: .+/],
  ['a wrong value', good.replace('role: owner', 'role: king'), /^ai-ops\.yaml, line 11: .*role/],
  [
    'a name that stands for nothing',
    good.replace('role: owner, tenant: family', 'role: owner, tenant: work'),
    /^ai-ops\.yaml, line 11: There is no tenant "work"\. Use family, or add it under tenants\.$/,
  ],
  [
    'a secret that is not there',
    good.replace('appservice_token: token', 'appservice_token: file:bot-token'),
    /^ai-ops\.yaml, line 6: .*bot-token/,
  ],
])('%s: file, line and cure', async (_name, text, sentence) => {
  await configure(text)
  const { code, lines } = await refusal()
  expect({ code, lines: lines.length }).toEqual({ code: 3, lines: 1 })
  expect(lines[0]).toMatch(sentence)
})

/** A home as an earlier start left it. */
async function makeHome(): Promise<void> {
  await writeFile(join(home, 'master-key'), `${Buffer.from(masterKey).toString('hex')}\n`, { mode: 0o600 })
  const stores = openHome(home)
  const key = stores.keys.keyOf('crypto')
  await stores[Symbol.asyncDispose]()
  const crypto = openDatabase({ file: join(home, 'crypto.db'), key, migrations: [], synchronous: 'full', probe: 'schema' })
  if (crypto.ok) crypto.value[Symbol.dispose]()
}

async function damage(name: string, from: number): Promise<void> {
  const file = await open(join(home, name), 'r+')
  const { size } = await file.stat()
  await file.write(randomBytes(size - from), 0, size - from, from)
  await file.close()
}

it('a wrong master key, and one that is gone', async () => {
  await makeHome()
  await writeFile(join(home, 'master-key'), `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  const wrong = await refusal()
  expect(wrong).toMatchObject({
    code: 3,
    lines: [expect.stringContaining('keys.db does not open with this key: give the master key this data home was made with')],
  })
  await rm(join(home, 'master-key'))
  expect(await refusal()).toMatchObject({
    code: 3,
    lines: [expect.stringContaining('master-key is missing while keys.db exists: put the key file back')],
  })
})

it('a file that a newer version wrote', async () => {
  await makeHome()
  const ring = openKeyRing(home, masterKey)
  if (!ring.ok) throw new Error(ring.error.sentence)
  const key = ring.value.keyOf('edge')
  ring.value[Symbol.dispose]()
  const newer = openDatabase({
    file: join(home, 'edge.db'),
    key,
    migrations: Array.from({ length: 99 }, () => 'select 1'),
    synchronous: 'full',
    probe: 'schema',
  })
  if (newer.ok) newer.value[Symbol.dispose]()
  expect(await refusal()).toMatchObject({
    code: 3,
    lines: [
      expect.stringMatching(
        /edge\.db was written by a newer version of AI Ops \(schema 99, this version knows \d+\): install that version, or restore a backup made with this one\.$/,
      ),
    ],
  })
})

it.each([
  ['keys.db', 4096, /keys\.db is damaged \(.+\): stop AI Ops, keep a copy of the file, and restore keys\.db from a backup\.$/],
  ['edge.db', 8192, /edge\.db is damaged \(.+\): stop AI Ops, keep a copy of the file, and restore edge\.db from a backup\.$/],
  [
    'crypto.db',
    0,
    /crypto\.db does not open with this key: .+ move the file away and start again: with the recovery key, AI Ops comes back as a new, signed device/,
  ],
])('a damaged page of %s from byte %i', async (name, from, sentence) => {
  await makeHome()
  await damage(name, from)
  const { code, lines } = await refusal()
  expect({ code, lines }).toEqual({ code: 3, lines: [expect.stringMatching(sentence)] })
})

it('a port that another program has: named, and worth another try', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(portBase + 4, '127.0.0.1', resolve))
  try {
    const { code, lines } = await refusal()
    expect(code).toBe(1)
    expect(lines).toEqual([expect.stringContaining(String(portBase + 4))])
  } finally {
    await new Promise((resolve) => other.close(resolve))
  }
})
