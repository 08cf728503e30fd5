import type { Guardrails } from '../contracts/guardrails.ts'
import type { RailRules } from '../contracts/rails.ts'
import { createRiskMemory } from './risk-memory.ts'
import type { RiskStore } from './risk-memory.ts'
import { createTurnRails } from './turn-rails.ts'
import type { TurnRailsPorts } from './turn-rails.ts'

export interface GuardrailsPorts extends Omit<TurnRailsPorts, 'risks'> {
  readonly rules: Pick<RailRules, 'current'>
  readonly riskStore: RiskStore
}

/** The rails around the model, by the rules as they are when a turn opens them. */
export function createGuardrails({ rules, riskStore, judge, findPersonalData, log }: GuardrailsPorts): Guardrails {
  const risks = createRiskMemory(riskStore)
  return {
    open: (subject) => createTurnRails({ judge, risks, findPersonalData, log }, rules.current(), subject),
    judgeState: () => judge.state(),
  }
}
