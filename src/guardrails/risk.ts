import type { Band, Finding } from '../contracts/rails.ts'

/** What earlier messages of one person in one room still weigh. */
export interface Risk {
  /** Sum of the scores of earlier findings, halved every six turns. */
  readonly sum: number
  /** A persona or game was set up ("from now on you are …") so many turns ago; undefined: none, or long over. */
  readonly personaTurns: number | undefined
}

/** Nothing has happened yet. */
export const noRisk: Risk = { sum: 0, personaTurns: undefined }

const halfLifeTurns = 6
/** A persona lasts as long as models keep it in their context. */
const longestPersonaTurns = 40
/** Three doubtful messages in a row, or one that was acted on and another doubtful one. */
const highRisk = 1.5
/** Under risk half of what was harmless enough before goes to the judge. */
const loweredShare = 0.75
const actedWeight = 1
const doubtfulWeight = 0.6

/** The risk after a message with these findings of the rails. Pure; call it once for each message. */
export function addRisk({ sum, personaTurns }: Risk, findings: readonly Finding[]): Risk {
  const weight = Math.max(0, ...findings.filter(isRisk).map(({ action }) => (action === 'ask-judge' ? doubtfulWeight : actedWeight)))
  const isPersona = findings.some(({ rail, category, score }) => rail === 'injection' && category === 'persona' && score >= 0.9)
  const turns = isPersona ? 0 : personaTurns === undefined ? undefined : personaTurns + 1
  return {
    sum: sum * 2 ** (-1 / halfLifeTurns) + weight,
    personaTurns: turns !== undefined && turns > longestPersonaTurns ? undefined : turns,
  }
}

/** The band under this risk: the judge is asked sooner after escalation or inside a persona; acting stays as it is. */
export function lowerBand(band: Band, risk: Risk): Band {
  return isRisky(risk) && Number.isFinite(band.judgeFrom) ? { ...band, judgeFrom: band.judgeFrom * loweredShare } : band
}

/** True after an escalation, or while a persona is played. */
export function isRisky({ sum, personaTurns }: Risk): boolean {
  return sum >= highRisk || personaTurns !== undefined
}

function isRisk({ rail, action }: Finding): boolean {
  return (rail === 'kid-safety' || rail === 'injection') && action !== 'allow' && action !== 'redact'
}
