import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventId, TenantId } from '../../../src/contracts/ids.ts'
import type { LedgerRow } from '../../../src/contracts/ledger.ts'
import { turnIdOf } from '../../../src/conversation/turn-id.ts'
import { openKeyRing } from '../../../src/data/key-ring.ts'
import { resolveMasterKey } from '../../../src/data/master-key.ts'
import { openTenantStores } from '../../../src/data/tenant-stores.ts'
import type { Script } from '../../fakes/upstream-script.ts'
import type { BotProcess } from '../../support/bot-process.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import type { FaultProxy } from '../../support/fault-proxy.ts'
import { TestHousehold } from '../../support/household.ts'
import { describeWithServices } from '../../support/services.ts'

interface Row {
  /** What the provider does, or what the gateway's own fault is made of. */
  readonly script: Script
  readonly sentence: string
  /** How each call ends in the ledger. */
  readonly calls: readonly LedgerRow['state'][]
}

const again = <State extends string>(state: State): readonly State[] => Array.from({ length: 4 }, () => state)

/** What retries cannot mend is repeated three times within the turn; what costs nothing is released. */
const rows: Readonly<Record<string, Row>> = {
  limited: {
    script: { kind: 'status', status: 429, message: 'Rate limit reached for requests', type: 'rate_limit_error' },
    sentence: "The model's provider lets us ask only so often, and that limit is reached. Please ask again in a few minutes.",
    calls: again('released'),
  },
  overloaded: {
    script: { kind: 'status', status: 503, message: 'The engine is currently overloaded', type: 'server_error' },
    sentence: "The model's provider is overloaded at the moment. Please ask again in a few minutes.",
    calls: again('released'),
  },
  failing: {
    script: { kind: 'status', status: 500, message: 'The server had an error', type: 'server_error' },
    sentence: "The model's provider reported an error. Please ask again in a few minutes.",
    calls: again('estimated'),
  },
  timeout: {
    script: { kind: 'hang' },
    sentence: 'The model took too long, so I gave up. Please ask again, perhaps for something shorter.',
    calls: again('estimated'),
  },
  empty: {
    script: { kind: 'empty' },
    sentence: 'The model gave no answer, even when asked twice. Please ask again in other words.',
    calls: ['settled', 'settled'],
  },
  garbage: {
    script: { kind: 'garbage' },
    sentence: "The model's provider reported an error. Please ask again in a few minutes.",
    calls: again('estimated'),
  },
  cut: {
    script: { kind: 'cut', text: 'This answer is cut in the middle of a sentence', chunks: 8, afterChunks: 4, chunkDelayMs: 100 },
    sentence: 'The answer broke off on its way. Please ask again.',
    calls: again('estimated'),
  },
  key: {
    script: { kind: 'status', status: 401, message: 'Incorrect API key provided', code: 'invalid_api_key' },
    sentence: "The model's provider does not accept our key. An owner has to renew it.",
    calls: ['released'],
  },
  recovering: {
    script: {
      kind: 'sequence',
      scripts: [
        { kind: 'status', status: 429, message: 'Rate limit reached for requests', type: 'rate_limit_error' },
        { kind: 'text', text: 'Here at last.' },
      ],
    },
    sentence: 'Here at last.',
    calls: ['released', 'settled'],
  },
}
/** It may be on its way up, so half a minute is waited: 0.5, 1, 2 and then 4 s from call to call. */
const down = {
  sentence: 'I cannot reach the model at the moment. Please ask again in a few minutes.',
  calls: Array.from({ length: 11 }, () => 'released' as const),
}

describeWithServices('a gateway or provider that fails', (services) => {
  let house: TestHousehold
  let proxy: FaultProxy
  let bot: BotProcess
  const questions = new Map<string, EventId>()
  beforeAll(async () => {
    proxy = await startFaultProxy(services.gateway.url)
    // the model that hangs has a time limit of two seconds at the gateway
    proxy.fault = ({ body }) =>
      body.includes('gateway-fault timeout') ? { kind: 'body', body: body.replace('"model":"smart"', '"model":"hang"') } : undefined
    const names = [...Object.keys(rows), 'down']
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: Object.fromEntries(names.map((name) => [name, { people: ['robin'] }])),
    })
    await house.writeConfiguration((file) => {
      file['gateway'] = { ...(file['gateway'] as object), url: proxy.url }
    })
    for (const [name, { script }] of Object.entries(rows)) await services.upstream.script({ contains: `gateway-fault ${name}`, script })
    bot = house.start()
    await bot.untilReady()
    // side by side: most of the time is spent between retries
    for (const name of Object.keys(rows)) questions.set(name, await house.person('robin').say(house.room(name), `gateway-fault ${name}`))
  })
  afterAll(async () => {
    await house[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  })

  it.each(Object.entries(rows))('%s: one honest sentence', async (name, { sentence }) => {
    const answer = await house.person('robin').waitForAnswer(house.room(name), () => true, 45_000)
    expect(answer.text).toBe(sentence)
  })

  it('down: one honest sentence, and readiness says what is missing', async () => {
    await proxy[Symbol.asyncDispose]()
    questions.set('down', await house.person('robin').say(house.room('down'), 'gateway-fault down'))
    const answer = await house.person('robin').waitForAnswer(house.room('down'), () => true, 50_000)
    expect(answer.text).toBe(down.sentence)
    const ready = await fetch(`${house.healthUrl}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({
      status: 'not-ready',
      checks: expect.arrayContaining([{ name: 'gateway', ok: false, detail: 'unreachable' }]) as unknown,
    })
  })

  it('each call has its row in the ledger: released where nothing is owed, at most its reservation where that is not known', async () => {
    await bot[Symbol.asyncDispose]()
    const ledger = await ledgerOf(house.home)
    for (const [name, { calls }] of [...Object.entries(rows), ['down', down] as const]) {
      const question = questions.get(name)
      const turn = question === undefined ? undefined : turnIdOf(question)
      const booked = ledger.filter((row) => row.turn === turn)
      expect({ name, states: booked.map(({ state }) => state) }).toEqual({ name, states: calls })
      for (const row of booked) expect(costFits(row)).toBe(true)
    }
    expect(ledger.filter(({ state }) => state === 'open')).toEqual([])
  })
})

function costFits({ state, costNanoUsd, reservedNanoUsd }: LedgerRow): boolean {
  if (state === 'released') return costNanoUsd === 0
  return state === 'estimated' ? costNanoUsd === reservedNanoUsd : costNanoUsd > 0 && costNanoUsd <= reservedNanoUsd
}

async function ledgerOf(home: string): Promise<readonly LedgerRow[]> {
  const master = await resolveMasterKey({ home, value: undefined, command: undefined })
  if (!master.ok) throw new Error(master.error.sentence)
  const keys = openKeyRing(home, master.value.key)
  if (!keys.ok) throw new Error(keys.error.sentence)
  using ring = keys.value
  await using tenants = openTenantStores({ folder: join(home, 'tenants'), keyOf: (tenant) => ring.keyOf(`tenant:${tenant}`) })
  return await tenants.open('family' as TenantId).ledger.rows(0)
}
