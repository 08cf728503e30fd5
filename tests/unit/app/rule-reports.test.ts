import { describe, expect, test } from 'vitest'
import type { MemberId, TenantId } from '../../../src/contracts/ids.ts'
import type { AuditEntry } from '../../../src/contracts/audit.ts'
import type { RailBook, RailPolicy } from '../../../src/contracts/rails.ts'
import type { Fault } from '../../../src/contracts/result.ts'
import type { LoosenedRules } from '../../../src/guardrails/rail-book.ts'
import { auditRules, describeJudge, reportReloads } from '../../../src/rule-reports.ts'
import { strictPolicy } from '../guardrails/policy-fixture.ts'

type Told = readonly [sentence: string, values: Readonly<Record<string, string | number>>]

class Control {
  readonly told: Told[] = []
  readonly sources: string[] = []

  tellControl(source: string, sentence: string, values: Told[1]): Promise<void> {
    // a source that was said already is left as it is
    if (!this.sources.includes(source)) this.told.push([sentence, values])
    this.sources.push(source)
    return Promise.resolve()
  }
}

class Listeners<Change> {
  readonly #heard = new Set<(change: Change) => void>()

  readonly onChange = (listener: (change: Change) => void): (() => void) => {
    this.#heard.add(listener)
    return () => this.#heard.delete(listener)
  }

  tell(change: Change): void {
    for (const listener of this.#heard) listener(change)
  }
}

describe('reportReloads', () => {
  const fault = (sentence: string): { readonly fault: Fault } => ({ fault: { code: 'wrong-value', sentence } })
  const fine = {} as never

  test('a fault that two readers find is told once, and that all is mended once both say so', () => {
    const [directory, rules, control] = [new Listeners<never>(), new Listeners<never>(), new Control()]
    const say = (listeners: Listeners<never>, change: unknown): void => listeners.tell(change as never)
    using reports = reportReloads({ directory, rules }, control)
    say(directory, fine)
    expect(control.told).toEqual([])
    say(directory, fault('a'))
    say(rules, fault('a'))
    expect(control.told).toEqual([['control.reload-failed', { reason: 'a' }]])
    say(rules, fault('b'))
    say(directory, fault('b'))
    expect(control.told.slice(1)).toEqual([['control.reload-failed', { reason: 'b' }]])
    say(directory, fine)
    expect(control.told).toHaveLength(2)
    say(rules, fine)
    say(rules, fine)
    expect(control.told.slice(2)).toEqual([['control.reload-ok', {}]])
    reports[Symbol.dispose]()
    say(rules, fault('c'))
    expect(control.told).toHaveLength(3)
  })
})

describe('auditRules', () => {
  const [home, work] = ['home', 'work'] as TenantId[] as [TenantId, TenantId]
  const owner = 'owner' as MemberId
  const mia: LoosenedRules = { kind: 'member', name: 'mia', tenant: home, rules: ['without_judge', 'secrets.in'], approvedBy: owner }

  class World {
    readonly control = new Control()
    readonly changes = new Listeners<{ readonly book: RailBook } | { readonly fault: Fault }>()
    readonly facts = new Map<string, string>()
    readonly audits = new Map<TenantId, AuditEntry[]>()
    readonly errors: string[] = []
    loosened: readonly LoosenedRules[] = []
    child: RailPolicy = strictPolicy
    isBroken = false

    /** One life of an instance, with the reloads that `during` makes. */
    async run(during: () => void = () => undefined): Promise<void> {
      await using _audit = auditRules({
        rules: { loosened: () => this.loosened, childPolicy: () => this.child, onChange: this.changes.onChange },
        tenants: () => [home, work],
        auditOf: (tenant) => ({ append: (entry) => this.#append(tenant, entry) }),
        facts: {
          read: (key) => Promise.resolve(this.facts.get(key)),
          write: (key, value) => Promise.resolve(void this.facts.set(key, value)),
        },
        conversation: this.control,
        log: { error: (event) => void this.errors.push(event) },
        now: () => 7,
      })
      await Promise.resolve()
      during()
    }

    reload(): void {
      this.changes.tell({ book: {} as RailBook })
    }

    #append(tenant: TenantId, entry: AuditEntry): Promise<void> {
      if (this.isBroken) return Promise.reject(new Error('damaged'))
      this.audits.set(tenant, [...(this.audits.get(tenant) ?? []), entry])
      return Promise.resolve()
    }
  }

  test('nothing that is loosened is nothing to say', async () => {
    const world = new World()
    await world.run(() => world.reload())
    expect([world.audits.size, world.control.told, world.errors]).toEqual([0, [], []])
  })

  test('what is loosened is written into its tenant’s audit and told, once over restarts and reloads', async () => {
    const world = new World()
    world.loosened = [mia]
    await world.run(() => world.reload())
    await world.run()
    const entry = {
      at: 7,
      actor: 'owner',
      action: 'policy.loosened',
      subject: 'members.mia',
      detail: { rules: 'without_judge, secrets.in' },
    }
    expect([...world.audits]).toEqual([[home, [entry]]])
    expect(world.control.told).toEqual([
      ['control.rules-loosened', { place: 'members.mia', rules: 'without_judge, secrets.in', approver: 'owner' }],
    ])
  })

  test('taken back and made again are changes too', async () => {
    const world = new World()
    world.loosened = [mia]
    await world.run()
    world.loosened = []
    await world.run()
    world.loosened = [mia]
    await world.run()
    world.loosened = [{ ...mia, rules: ['without_judge'] }]
    await world.run()
    expect(world.audits.get(home)?.map(({ action }) => action)).toEqual([
      'policy.loosened',
      'policy.restored',
      'policy.loosened',
      'policy.loosened',
    ])
    expect(world.control.told).toHaveLength(3)
  })

  test('a reload is heard while running, and a tenant that the household does not show yet is not passed over', async () => {
    const world = new World()
    await world.run(() => {
      world.loosened = [{ ...mia, tenant: 'new' as TenantId }]
      world.reload()
    })
    expect([...world.audits.keys()]).toEqual(['new'])
  })

  test('an audit that cannot be written is tried again at the next start', async () => {
    const world = new World()
    world.loosened = [mia]
    world.isBroken = true
    await world.run()
    expect([world.errors, world.control.told]).toEqual([['rule-audit-failed'], []])
    world.isBroken = false
    await world.run()
    expect(world.audits.get(home)).toHaveLength(1)
  })

  test('a looser file of the child tier is everybody’s, and stricter rules or the first start are not', async () => {
    const world = new World()
    await world.run()
    world.child = { ...strictPolicy, toxicity: { ...strictPolicy.toxicity, in: { judgeFrom: 0.2, actFrom: 0.4, action: 'refuse' } } }
    await world.run()
    expect([world.audits.size, world.control.told.length]).toEqual([0, 0])
    world.child = strictPolicy
    await world.run()
    await world.run()
    const rules = 'toxicity.in.judge_from, toxicity.in.act_from, toxicity.in.action'
    expect(world.audits.get(home)).toMatchObject([{ actor: 'configuration', subject: 'policies/child.yaml', detail: { rules } }])
    expect(world.audits.get(work)).toHaveLength(1)
    expect(world.control.told).toEqual([['control.rules-loosened', { place: 'policies/child.yaml', rules, approver: 'configuration' }]])
  })
})

test('describeJudge names model and probe, where there is one', () => {
  expect(describeJudge({ kind: 'away' })).toMatch(/^away/)
  expect(describeJudge({ kind: 'probing' })).toContain('probe')
  expect(describeJudge({ kind: 'open', model: 'x/y', right: 58, of: 60 })).toBe('open: x/y, 58 of 60 rows of the probe right')
  expect(describeJudge({ kind: 'closed', model: 'x/y', right: 31, of: 60 })).toContain('31 of 60')
})
