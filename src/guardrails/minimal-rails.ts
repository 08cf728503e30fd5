import type { GuardrailInput, Guardrails, Verdict } from '../contracts/guardrails.ts'

/**
 * Rails that decide by tier alone: nothing reaches a model from a child's room and nothing goes out to one; teens and
 * adults pass. An unknown tier counts as child.
 */
export function createMinimalRails(): Guardrails {
  const check = (input: GuardrailInput): Promise<Verdict> => Promise.resolve(decideByTier(input.tier))
  return { checkInput: check, checkOutput: check }
}

function decideByTier(tier: string): Verdict {
  if (tier === 'teen' || tier === 'adult') return { kind: 'allow' }
  return { kind: 'refuse', category: 'child-not-ready', sentence: 'room.child-not-ready' }
}
