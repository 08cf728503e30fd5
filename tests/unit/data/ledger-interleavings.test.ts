import { expect, test } from 'vitest'
import type { UseLimit } from '../../../src/contracts/allowance.ts'
import type { MemberId, RoomId, TurnId } from '../../../src/contracts/ids.ts'
import { openDatabase, type Database } from '../../../src/data/database.ts'
import { SqliteAllowances } from '../../../src/data/sqlite-allowances.ts'
import { SqliteLedger } from '../../../src/data/sqlite-ledger.ts'
import { tenantMigrations } from '../../../src/data/tenant-schema.ts'
import { expectValue } from './open-stores.ts'
import { makeTemporaryHome } from './temporary-home.ts'

const MEMBERS = ['mia', 'tom'] as readonly string[] as readonly MemberId[]
const ROUNDS = 1_000
const STEPS = 24

/** Park and Miller, 1988. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

interface Call {
  readonly turn: TurnId
  readonly attempt: number
  readonly call: number
  readonly member: MemberId
  readonly reserved: number
  /** What the upstream charged; undefined: a crash or abort hid it. */
  cost: number | undefined
  isOpen: boolean
}

/** What an upstream saw, and what a process that may die at any moment knows of its calls. */
class World {
  readonly calls: Call[] = []
  readonly refused: Call[] = []
  readonly #random: (below: number) => number
  #turns = 0
  #attempts = new Map<TurnId, number>()

  constructor(random: (below: number) => number) {
    this.#random = random
  }

  /** A call of a new turn or of one that was broken off, if the limits let it. */
  open(ledger: SqliteLedger, limit: UseLimit): void {
    const broken = [...this.#attempts.keys()].filter((turn) => !this.calls.some((call) => call.turn === turn && call.isOpen))
    const again = broken.length > 0 && this.#random(3) === 0 ? broken[this.#random(broken.length)] : undefined
    const turn = again ?? (`t${String((this.#turns += 1))}` as TurnId)
    const attempt = ledger.beginAttempt(turn)
    const member = MEMBERS[Number.parseInt(turn.slice(1), 10) % MEMBERS.length] ?? ('mia' as MemberId)
    const call: Call = { turn, attempt, call: 1, member, reserved: 1 + this.#random(50), cost: undefined, isOpen: true }
    const reached = ledger.openCall(
      {
        turn,
        attempt,
        call: 1,
        member,
        purpose: 'chat',
        roomId: '!r' as RoomId,
        domain: 'family',
        alias: 'smart',
        reservedNanoUsd: call.reserved,
        inputTokensEstimate: 1,
        openedAt: 10,
      },
      member === limit.member ? [limit] : [],
    )
    if (reached !== undefined) this.refused.push(call)
    else {
      this.calls.push(call)
      this.#attempts.set(turn, attempt)
    }
  }

  /** Ends one of the open calls: reported, or hidden by an abort. Told twice now and then. */
  end(ledger: SqliteLedger): void {
    const open = this.calls.filter(({ isOpen }) => isOpen)
    const call = open[this.#random(Math.max(1, open.length))]
    if (call === undefined) return
    const reported = this.#random(4) > 0
    call.cost = this.#random(call.reserved + 1)
    const cost = reported ? call.cost : call.reserved
    const ending = {
      kind: reported ? 'settled' : 'estimated',
      model: 'm',
      inputTokens: 1,
      outputTokens: 1,
      cachedTokens: 0,
      costNanoUsd: cost,
    } as const
    if (!reported) call.cost = undefined
    ledger.endCall(call, ending)
    if (this.#random(5) === 0) ledger.endCall(call, { ...ending, costNanoUsd: cost + 1 })
    call.isOpen = false
  }

  /** Nobody ends what was open: the next process must. */
  die(): void {
    for (const call of this.calls) call.isOpen = false
  }
}

test('over 1,000 random interleavings with crashes every call has one row, and no sum is wrong', { timeout: 120_000 }, () => {
  using home = makeTemporaryHome()
  const key = new Uint8Array(32).fill(1)
  for (let round = 1; round <= ROUNDS; round += 1) {
    const random = createRandom(round)
    const file = `${home.path}/${String(round % 4)}-${String(round)}.db`
    const open = (): Database =>
      expectValue(openDatabase({ file, key, migrations: tenantMigrations, synchronous: 'normal', probe: 'schema' }))
    const limit: UseLimit = { member: 'mia' as MemberId, unit: 'money', amount: 20 + random(200), since: 0, until: 100 }
    const world = new World(random)
    let database = open()
    let allowances = new SqliteAllowances(database)
    let ledger = new SqliteLedger(database, allowances)
    for (let step = 0; step < STEPS; step += 1) {
      const what = random(10)
      if (what < 5) world.open(ledger, limit)
      else if (what < 9) world.end(ledger)
      else {
        // a killed process closes nothing; what it had committed is there
        world.die()
        database[Symbol.dispose]()
        database = open()
        allowances = new SqliteAllowances(database)
        ledger = new SqliteLedger(database, allowances)
      }
    }
    world.die()
    for (const turn of new Set(world.calls.map((call) => call.turn))) ledger.beginAttempt(turn)
    const rows = ledger.rows(0)
    expect(rows.map(({ turn, attempt }) => `${turn}.${String(attempt)}`).toSorted()).toEqual(
      world.calls.map(({ turn, attempt }) => `${turn}.${String(attempt)}`).toSorted(),
    )
    expect(rows.filter(({ state }) => state === 'open')).toEqual([])
    const settled = rows.filter(({ state }) => state === 'settled').reduce((sum, row) => sum + row.costNanoUsd, 0)
    expect(settled).toBe(world.calls.reduce((sum, { cost }) => sum + (cost ?? 0), 0))
    for (const row of rows.filter(({ state }) => state === 'estimated')) expect(row.costNanoUsd).toBe(row.reservedNanoUsd)
    // at most one reservation beyond the limit
    const [use] = allowances.use([limit], undefined)
    expect(use?.used).toBeLessThan(limit.amount + 50)
    for (const { member } of world.refused) expect(member).toBe(limit.member)
    database[Symbol.dispose]()
  }
})
