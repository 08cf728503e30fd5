import type { Environment } from './config/environment.ts'
import type { Household, Locale } from './contracts/household.ts'
import type { Log, Sentences } from './contracts/platform.ts'
import type { RailEngine } from './contracts/rails.ts'
import type { Fault, Result } from './contracts/result.ts'
import { openGuardrailEndpoint } from './interfaces/http/guardrail-endpoint.ts'
import type { GuardrailPorts, TextVerdict } from './interfaces/http/guardrail-endpoint.ts'
import { loadGuardrails } from './load-guardrails.ts'
import type { GuardrailAccess } from './stack/guardrail-keys.ts'

export interface ClientGuardrailParts {
  readonly environment: Environment
  readonly access: GuardrailAccess
  readonly household: Household
  readonly sentences: Sentences
  readonly log: Log
}

/** Opens the check that the gateway asks for clients other than the assistant, with the guardrails of this home. */
export async function openClientGuardrail(parts: ClientGuardrailParts): Promise<Result<AsyncDisposable, Fault>> {
  const { environment, access, household, sentences, log } = parts
  const engine = await loadGuardrails(environment)
  if (!engine.ok) return engine
  const locale = ownersLocale(household)
  return openGuardrailEndpoint(environment.ports.api, {
    key: access.endpointKey,
    tier: access.tier,
    check: createTextCheck(engine.value, sentences, locale),
    unchecked: sentences.say('clients.unchecked', locale),
    log,
  })
}

/**
 * The engine's verdict for a text of which nobody is known: no turn, no member, no judge. What only a judge could decide is
 * refused for minors and passes for adults, and placeholders stay in the text, since the next request knows nothing of this one.
 */
export function createTextCheck(engine: RailEngine, sentences: Sentences, locale: Locale): GuardrailPorts['check'] {
  return (text, { tier, direction }): TextVerdict => {
    const { action, redacted } = engine.check({ tier, direction, locale, text })
    if (action === 'care') return { kind: 'block', sentence: sentences.say('clients.care', locale) }
    const isRefused = action === 'refuse' || (action === 'ask-judge' && tier !== 'adult')
    if (isRefused) return { kind: 'block', sentence: sentences.say('clients.refused', locale) }
    return redacted === undefined || redacted === text ? { kind: 'pass' } : { kind: 'change', text: redacted }
  }
}

function ownersLocale({ members }: Household): Locale {
  return [...members.values()].find(({ role }) => role === 'owner')?.locale ?? 'en'
}
