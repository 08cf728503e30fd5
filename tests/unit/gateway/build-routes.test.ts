import { describe, expect, test } from 'vitest'
import type { Alias, MinorsRule, MinorsSettings, ModelTarget } from '../../../src/contracts/household.ts'
import type { MemberId } from '../../../src/contracts/ids.ts'
import { buildRoutes } from '../../../src/gateway/build-routes.ts'

const owner = 'robin' as MemberId

function target(alias: string, provider: string, change: Partial<ModelTarget> = {}): ModelTarget {
  return { alias, model: `${provider}/m`, provider, isStandIn: false, fallbacks: [], ...change }
}

const standIn = target('local', 'own-server', { isStandIn: true })

function settings(change: {
  readonly accepted?: readonly string[]
  readonly models?: Partial<Record<Alias, [string, MinorsRule?]>>
}): MinorsSettings {
  const rules = { cloud: 'conditions', home: 'yes', strict: 'no', 'own-server': 'yes' } as const
  const models = Object.entries(change.models ?? {})
  return {
    providers: new Map(Object.entries(rules).map(([provider, rule]) => [provider, { rule, source: undefined }])),
    acceptedBy: new Map((change.accepted ?? []).map((provider) => [provider, owner])),
    models: new Map(models.map(([alias, [model, minors]]) => [alias as Alias, { model, minors }])),
  }
}

describe('buildRoutes', () => {
  test.each([
    ['home', 'yes', undefined],
    ['strict', 'no', undefined],
    ['cloud', 'conditions', undefined],
    ['nobody-knows', 'no', undefined],
  ])('the terms of %s: %s', (provider, minors, acceptedBy) => {
    expect(buildRoutes([target('smart', provider)], settings({})).get('smart')).toMatchObject({
      alias: 'smart',
      minors,
      acceptedBy,
      fallbacks: [],
    })
  })

  test('conditions carry who accepted them, for this provider only; a yes changes no other rule', () => {
    const routes = buildRoutes([target('smart', 'cloud'), target('fast', 'strict')], settings({ accepted: ['cloud', 'strict'] }))
    expect(routes.get('smart')).toMatchObject({ minors: 'conditions', acceptedBy: owner })
    expect(routes.get('fast')).toMatchObject({ minors: 'no', acceptedBy: undefined })
    expect(buildRoutes([target('smart', 'cloud')], settings({ accepted: ['home'] })).get('smart')?.acceptedBy).toBeUndefined()
  })

  test('a word of the configuration wins, for this model', () => {
    const targets = [target('smart', 'strict'), target('fast', 'home'), target('economy', 'home', { model: 'home/other' })]
    const routes = buildRoutes(
      targets,
      settings({ models: { smart: ['strict/m', 'yes'], fast: ['home/m', 'no'], economy: ['home/other'] } }),
    )
    expect([...routes.values()].map(({ alias, minors }) => [alias, minors])).toEqual([
      ['smart', 'yes'],
      ['fast', 'no'],
      ['economy', 'yes'],
    ])
  })

  test('it holds for other aliases that lead to the same model, the strictest of two words first', () => {
    const targets = [target('smart', 'strict'), target('economy', 'strict')]
    expect(buildRoutes(targets, settings({ models: { smart: ['strict/m', 'yes'] } })).get('economy')?.minors).toBe('yes')
    const both = settings({ models: { smart: ['strict/m', 'yes'], fast: ['strict/m', 'conditions'] } })
    expect(buildRoutes(targets, both).get('smart')?.minors).toBe('conditions')
  })

  test('an edited entry says nothing of the model that still answers', () => {
    expect(buildRoutes([target('smart', 'strict')], settings({ models: { smart: ['home/new', 'yes'] } })).get('smart')?.minors).toBe('no')
  })

  test('the stand-in is no model for minors, whatever its address or the configuration says', () => {
    const routes = buildRoutes([standIn], settings({ models: { local: ['own-server/m', 'yes'] } }))
    expect(routes.get('local')).toMatchObject({ isStandIn: true, minors: 'no' })
  })

  test('fallbacks are all that can be reached, once, without the alias itself; an unknown name allows nobody', () => {
    const targets = [
      target('smart', 'home', { fallbacks: ['fast', 'ghost'] }),
      target('fast', 'cloud', { fallbacks: ['smart', 'local'] }),
      standIn,
    ]
    const smart = buildRoutes(targets, settings({})).get('smart')
    expect(smart?.fallbacks.map(({ alias, model, minors, isStandIn }) => [alias, model, minors, isStandIn])).toEqual([
      ['smart', 'cloud/m', 'conditions', false],
      ['smart', 'ghost', 'no', false],
      ['smart', 'own-server/m', 'no', true],
    ])
  })

  test('names that are no aliases get no route of their own', () => {
    expect([...buildRoutes([target('stand-in', 'home')], settings({})).keys()]).toEqual([])
  })
})
