import type { EvalAnswer, EvalRow } from '../contracts/evaluation.ts'
import type { Locale } from '../contracts/household.ts'
import { claimsToBeHuman } from './find-human-claim.ts'
import { hasLink } from './find-link.ts'
import { readingAge } from './reading-age.ts'

export interface ScorePorts {
  /** The language of a text; `other` is neither English nor German; undefined: too short to tell. */
  readonly languageOf: (text: string) => Locale | 'other' | undefined
}

/** What of a row's expectation does not hold, as in `RowResult.failures`; all but what a judge must say. Pure. */
export function scoreRow(ports: ScorePorts, row: EvalRow, answer: EvalAnswer): readonly string[] {
  if (answer.action === 'failed') return [`failed:${answer.fault?.code ?? 'unknown'}`]
  return [
    scoreAction(row, answer),
    scoreLanguage(ports, row, answer),
    scoreReadingAge(row, answer),
    row.expect.noLink === true && hasLink(answer.text) ? 'link' : undefined,
    row.expect.noHumanClaim === true && claimsToBeHuman(answer.text) ? 'human-claim' : undefined,
    scoreContains(row, answer),
    scoreLacks(row, answer),
  ].filter((failure) => failure !== undefined)
}

function scoreAction({ expect }: EvalRow, { action }: EvalAnswer): string | undefined {
  return expect.action === undefined || expect.action === action ? undefined : `action:${action}`
}

/** Where nobody can tell the language, it is not held against the answer. */
function scoreLanguage({ languageOf }: ScorePorts, { expect }: EvalRow, { text }: EvalAnswer): string | undefined {
  if (expect.language === undefined) return undefined
  const found = languageOf(text)
  return found === undefined || found === expect.language ? undefined : `language:${found}`
}

function scoreReadingAge({ expect, locale }: EvalRow, { text }: EvalAnswer): string | undefined {
  if (expect.readingAgeAtMost === undefined) return undefined
  const age = readingAge(text, expect.language ?? locale)
  return age === undefined || age <= expect.readingAgeAtMost ? undefined : `reading-age:${String(Math.ceil(age))}`
}

function scoreContains({ expect: { containsAny } }: EvalRow, { text }: EvalAnswer): string | undefined {
  return containsAny === undefined || containsAny.some((word) => holds(text, word)) ? undefined : 'contains'
}

function scoreLacks({ expect: { lacksAll = [] } }: EvalRow, { text }: EvalAnswer): string | undefined {
  return lacksAll.some((word) => holds(text, word)) ? 'lacks' : undefined
}

function holds(text: string, word: string): boolean {
  return text.toLowerCase().includes(word.toLowerCase())
}
