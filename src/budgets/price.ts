import type { ModelUsage } from '../contracts/chat-model.ts'
import type { ModelPrice } from '../contracts/household.ts'

/** What a call may cost at most, integer nano-USD: estimated input and the longest answer. 0 where no price is known. */
export function reserveNanoUsd(price: ModelPrice | undefined, inputTokensEstimate: number, maxTokens: number): number {
  return price ? inputTokensEstimate * price.inputNanoUsd + maxTokens * price.outputNanoUsd : 0
}

/**
 * What a call did cost, integer nano-USD: as reported, else by price, else nothing for the stand-in; undefined where
 * nobody can say. Cached input is counted at the full price, which errs on the high side.
 */
export function settleNanoUsd(price: ModelPrice | undefined, usage: ModelUsage): number | undefined {
  if (usage.costNanoUsd !== undefined) return usage.costNanoUsd
  if (usage.standIn) return 0
  return price ? usage.inputTokens * price.inputNanoUsd + usage.outputTokens * price.outputNanoUsd : undefined
}
