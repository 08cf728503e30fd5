import type { Environment } from './config/environment.ts'
import type { Alias, Household, Locale, Member, ModelRoute, Tier } from './contracts/household.ts'
import type { Log, Sentences } from './contracts/platform.ts'
import type { RailEngine, RailRules, RailVerdict } from './contracts/rails.ts'
import type { Fault, Result } from './contracts/result.ts'
import { findPassage } from './gateway/find-passage.ts'
import { toVerdict } from './guardrails/verdict.ts'
import { openGuardrailEndpoint } from './interfaces/http/guardrail-endpoint.ts'
import type { GuardrailPorts, TextVerdict } from './interfaces/http/guardrail-endpoint.ts'
import type { GuardrailAccess } from './stack/guardrail-keys.ts'

export interface ClientGuardrailParts {
  readonly environment: Environment
  /** undefined: other clients are not checked. */
  readonly access: GuardrailAccess | undefined
  readonly household: Household
  readonly rules: Pick<RailRules, 'current'>
  readonly routes: () => ReadonlyMap<Alias, ModelRoute>
  readonly sentences: Sentences
  readonly log: Log
}

/** Opens the check that the gateway asks for clients other than the assistant, with the guardrails of this home; nothing if it is off. */
export async function openClientGuardrail(parts: ClientGuardrailParts): Promise<Result<AsyncDisposable | undefined, Fault>> {
  const { environment, access, household, rules, routes, sentences, log } = parts
  if (access === undefined) return { ok: true, value: undefined }
  const locale = findOwner(household)?.locale ?? 'en'
  return openGuardrailEndpoint(environment.ports.api, {
    key: access.endpointKey,
    tier: access.tier,
    check: createTextCheck(followRules(rules, household), sentences, locale),
    refuseModel: (model, tier) => (mayAnswer(routes(), model, tier) ? undefined : sentences.say('gateway.not-for-minors', locale)),
    unchecked: sentences.say('clients.unchecked', locale),
    log,
  })
}

/**
 * The engine's verdict for a text of which nobody is known: no turn, no member, no judge. What only a judge could decide is
 * refused for minors and passes for adults, and placeholders stay in the text, since the next request knows nothing of this one.
 * What the client's maker wrote to steer the model is stopped only by what is sure and no matter of giving orders.
 */
export function createTextCheck(engine: RailEngine, sentences: Sentences, locale: Locale): GuardrailPorts['check'] {
  return (text, { tier, direction, isInstruction }): TextVerdict => {
    const whole = engine.check({ tier, direction, locale, text })
    const withoutOrders = (): RailVerdict =>
      toVerdict(
        text,
        whole.findings.filter(({ rail }) => rail !== 'injection'),
      )
    const { action, redacted } = isInstruction ? withoutOrders() : whole
    if (action === 'care') return { kind: 'block', sentence: sentences.say('clients.care', locale) }
    const isRefused = action === 'refuse' || (action === 'ask-judge' && tier !== 'adult' && !isInstruction)
    if (isRefused) return { kind: 'block', sentence: sentences.say('clients.refused', locale) }
    return redacted === undefined || redacted === text ? { kind: 'pass' } : { kind: 'change', text: redacted }
  }
}

/** A request of somebody else's cannot be kept from falling back, so for minors every fallback there is must be allowed. */
export function mayAnswer(routes: ReadonlyMap<string, ModelRoute>, model: string | undefined, tier: Tier): boolean {
  if (tier === 'adult') return true
  const route = routes.get(model ?? '')
  if (route === undefined) return false
  const passage = findPassage(new Map([[route.alias, route]]), route.alias, tier)
  return passage === 'open' || (passage === 'no-fallbacks' && route.fallbacks.length === 0)
}

/** The rules as they are at each check, with the names and addresses of the owner's tenant: whose client it is, nobody knows. */
function followRules(rules: Pick<RailRules, 'current'>, household: Household): RailEngine {
  const tenant = findOwner(household)?.tenant
  if (tenant === undefined) throw new Error('a household without an owner passed its checks')
  return {
    check(input) {
      const book = rules.current()
      const policy = book.policyOf({ tier: input.tier, tenant, room: undefined, member: undefined })
      return book.engineOf(tenant).check({ ...input, policy })
    },
  }
}

function findOwner({ members }: Household): Member | undefined {
  return [...members.values()].find(({ role }) => role === 'owner')
}
