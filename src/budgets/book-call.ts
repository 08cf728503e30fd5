import type { GatewayFault, ModelUsage } from '../contracts/chat-model.ts'
import type { ModelPrice } from '../contracts/household.ts'
import type { CallEnding } from '../contracts/ledger.ts'
import { settleNanoUsd } from './price.ts'

/** How a call ended, as far as money is concerned. */
export interface CallOutcome {
  readonly usage: ModelUsage | undefined
  readonly fault: GatewayFault | undefined
  /** Estimate of what was received, for an ending without usage. */
  readonly outputTokensEstimate: number
}

/** What the ledger knew before the call. */
export interface OpenedCall {
  readonly reservedNanoUsd: number
  readonly inputTokensEstimate: number
  /** The model to name where nobody reported one: the alias. */
  readonly model: string
  readonly price: ModelPrice | undefined
}

/**
 * The ledger's ending for a call. Reported usage is settled; what surely cost nothing is released; everything else is
 * estimated at the reservation, the most it can have cost.
 */
export function decideEnding(opened: OpenedCall, outcome: CallOutcome): CallEnding {
  const { usage, fault } = outcome
  if (usage) {
    const cost = settleNanoUsd(opened.price, usage)
    return {
      kind: cost === undefined ? 'estimated' : 'settled',
      model: usage.model,
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      cachedTokens: usage.cachedTokens,
      costNanoUsd: cost ?? opened.reservedNanoUsd,
    }
  }
  if (fault && !fault.mayHaveCost) return { kind: 'released' }
  return {
    kind: 'estimated',
    model: opened.model,
    inputTokens: opened.inputTokensEstimate,
    outputTokens: outcome.outputTokensEstimate,
    cachedTokens: 0,
    costNanoUsd: opened.reservedNanoUsd,
  }
}
