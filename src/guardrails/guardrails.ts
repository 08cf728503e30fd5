import type { Guardrails } from '../contracts/guardrails.ts'
import type { RailRules } from '../contracts/rails.ts'
import { createCleanTexts } from './clean-texts.ts'
import { createRiskMemory } from './risk-memory.ts'
import type { RiskStore } from './risk-memory.ts'
import { createTurnRails } from './turn-rails.ts'
import type { TurnRailsPorts } from './turn-rails.ts'

export interface GuardrailsPorts extends Omit<TurnRailsPorts, 'risks' | 'clean'> {
  readonly rules: Pick<RailRules, 'current'>
  readonly riskStore: RiskStore
}

/** The rails around the model, by the rules as they are when a turn opens them. */
export function createGuardrails({ rules, riskStore, judge, findPersonalData, log }: GuardrailsPorts): Guardrails {
  const risks = createRiskMemory(riskStore)
  const clean = createCleanTexts()
  let book = rules.current()
  return {
    open(subject) {
      const current = rules.current()
      if (current !== book) clean.renew()
      book = current
      const { tenant, tier, room, member } = subject
      return createTurnRails(
        { judge, risks, findPersonalData, log, clean: clean.of(JSON.stringify([tenant, tier, room, member])) },
        book,
        subject,
      )
    },
    judgeState: () => judge.state(),
  }
}
