import { describe, expect, test } from 'vitest'
import type { Tier } from '../../../src/contracts/household.ts'
import type { MemberId, TenantId } from '../../../src/contracts/ids.ts'
import type { HelpLine, HouseholdNames, RailBook, RailPolicyChange, RuleSubject } from '../../../src/contracts/rails.ts'
import { createRailBook, findLoosenedRules } from '../../../src/guardrails/rail-book.ts'
import type { RuleOverride } from '../../../src/guardrails/rail-book.ts'
import { laxPolicy, strictPolicy } from './policy-fixture.ts'

const [home, work] = ['home', 'work'] as TenantId[] as [TenantId, TenantId]
const owner = 'owner' as MemberId
const names: Readonly<Record<string, HouseholdNames>> = {
  home: { names: ['Wilhelmine'], addresses: ['Lindenweg 5, 10115 Berlin'], countries: ['DE', 'AT'] },
  work: { names: ['Ignatius'], addresses: [], countries: ['XX'] },
}
const line = (name: string): HelpLine => ({ name, for: 'children', phone: '1', web: undefined, source: 's', date: '2026-11-25' })
const helpLines = {
  byCountry: new Map([
    ['DE', [line('de')]],
    ['AT', [line('at')]],
  ]),
  international: [line('anywhere')],
}
const policies = new Map<Tier, typeof strictPolicy>([
  ['child', strictPolicy],
  ['teen', strictPolicy],
  ['adult', laxPolicy],
])

function override(kind: RuleOverride['kind'], name: string, change: RailPolicyChange, more: Partial<RuleOverride> = {}): RuleOverride {
  return { kind, name, tenant: home, change, approvedBy: undefined, reachesMinors: true, ...more }
}

function book(...overrides: readonly RuleOverride[]): RailBook {
  const namesOf = (tenant: TenantId): HouseholdNames => names[tenant] ?? { names: [], addresses: [], countries: [] }
  return createRailBook({ policies, overrides, learned: [], namesOf, helpLines })
}

function subject(more: Partial<Record<keyof RuleSubject, string>> = {}): RuleSubject {
  return { tier: 'child', tenant: home, room: 'family', member: 'mia', ...more } as RuleSubject
}

describe('policyOf', () => {
  test('is the tier’s, then what tenant, room and member changed, whatever the order they are listed in', () => {
    const rules = book(
      override('member', 'mia', { guardians: { alerts: 'text' } }),
      override('room', 'family', { secrets: { in: 'redact' }, guardians: { alerts: 'none' } }),
      override('tenant', 'home', { secrets: { in: 'allow', out: 'refuse' }, withoutJudge: 'allow' }),
    )
    expect(rules.policyOf(subject())).toEqual({
      ...strictPolicy,
      secrets: { in: 'redact', out: 'refuse', tool: 'redact' },
      withoutJudge: 'allow',
      guardians: { alerts: 'text', harmAtHome: 'nobody' },
    })
    expect(rules.policyOf(subject({ room: 'direct-mia', member: 'tom' })).secrets.in).toBe('allow')
  })

  test('nothing of another tenant counts, even under the same names', () => {
    const rules = book(
      override('tenant', 'home', { withoutJudge: 'allow' }),
      override('room', 'family', { withoutJudge: 'allow' }),
      override('member', 'mia', { withoutJudge: 'allow' }),
    )
    expect(rules.policyOf(subject({ tenant: work }))).toEqual(strictPolicy)
  })

  test('an unknown tier counts as child', () => {
    expect(book().policyOf(subject({ tier: 'unheard-of' }))).toEqual(strictPolicy)
  })

  test('what a grown-up loosens for themselves does not hold where minors are, unless an owner answers for it', () => {
    const looser = { secrets: { in: 'allow' } } as const
    const own = override('member', 'pat', looser, { reachesMinors: false })
    const pat = { member: 'pat' }
    expect(book(own).policyOf(subject(pat)).secrets.in).toBe('refuse')
    expect(book(own).policyOf(subject({ ...pat, tier: 'teen' })).secrets.in).toBe('refuse')
    expect(book(own).policyOf(subject({ ...pat, tier: 'adult' })).secrets.in).toBe('allow')
    expect(book({ ...own, approvedBy: owner }).policyOf(subject(pat)).secrets.in).toBe('allow')
    const stricter = override('member', 'pat', { toxicity: { in: { actFrom: 0.1 } } }, { reachesMinors: false })
    expect(book(stricter).policyOf(subject(pat)).toxicity.in.actFrom).toBe(0.1)
  })
})

describe('engineOf', () => {
  const says = (rules: RailBook, tenant: TenantId, text: string): string | undefined =>
    rules.engineOf(tenant).check({ tier: 'child', direction: 'in', locale: 'de', text }).redacted

  test('knows the names of its tenant and of no other, and is made once', () => {
    const rules = book()
    expect(says(rules, home, 'ich war bei Wilhelmine und Ignatius')).toMatch(/bei (?!Wilhelmine).* und Ignatius$/)
    expect(says(rules, work, 'ich war bei Wilhelmine und Ignatius')).toMatch(/bei Wilhelmine und (?!Ignatius)/)
    expect(says(rules, 'unknown' as TenantId, 'ich war bei Wilhelmine und Ignatius')).toBeUndefined()
    expect(rules.engineOf(home)).toBe(rules.engineOf(home))
  })
})

describe('helpLinesOf', () => {
  test('are those of the tenant’s countries; where none is known or listed, those that lead anywhere', () => {
    const lines = (tenant: string): readonly string[] =>
      book()
        .helpLinesOf(tenant as TenantId)
        .map(({ name }) => name)
    expect(lines('home')).toEqual(['de', 'at'])
    expect(lines('work')).toEqual(['anywhere'])
    expect(lines('nobody')).toEqual(['anywhere'])
  })
})

describe('findLoosenedRules', () => {
  test('names what is looser for a child, and passes over what is stricter or a grown-up’s own', () => {
    const found = findLoosenedRules(strictPolicy, [
      override('tenant', 'home', { withoutJudge: 'allow', guardians: { alerts: 'none' } }, { approvedBy: owner }),
      override('room', 'family', { guardians: { alerts: 'text', harmAtHome: 'trusted' } }),
      override('member', 'pat', { withoutJudge: 'allow' }, { reachesMinors: false }),
    ])
    expect(found.map(({ kind, rules, approvedBy }) => ({ kind, rules, approvedBy }))).toEqual([
      { kind: 'tenant', rules: ['without_judge', 'guardians.alerts'], approvedBy: 'owner' },
    ])
  })
})
