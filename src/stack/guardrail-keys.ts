import path from 'node:path'
import type { Tier } from '../contracts/household.ts'
import type { Result } from '../contracts/result.ts'
import { keepSecrets } from './private-file.ts'
import type { StackFault } from './stack-fault.ts'

/** How other clients behind the gateway are checked. */
export interface GuardrailAccess {
  /** What the gateway shows to the assistant when it asks for a check. */
  readonly endpointKey: string
  /** What other clients show to the gateway. */
  readonly clientKey: string
  readonly tier: Tier
}

/** In the data home, 0600: people look up the key for their clients here. */
const guardrailKeysFile = 'gateway-guardrail.json'

/** The keys of this home, made once. Fault `damaged-file` if the file cannot be understood. */
export async function keepGuardrailKeys(home: string, tier: Tier): Promise<Result<GuardrailAccess, StackFault>> {
  const kept = await keepSecrets(path.join(home, guardrailKeysFile), ['endpoint_key', 'client_key'])
  return kept.ok ? { ok: true, value: { endpointKey: kept.value.endpoint_key, clientKey: kept.value.client_key, tier } } : kept
}
