import type { RailIncident, RailStop, SentenceKey } from '../contracts/guardrails.ts'
import type { Tier } from '../contracts/household.ts'
import type { Severity } from '../contracts/incidents.ts'
import type { HelpLine, Rail } from '../contracts/rails.ts'

/** What decided that a text does not pass. */
export interface StopReason {
  readonly tier: Tier
  readonly direction: 'in' | 'out'
  readonly action: 'care' | 'refuse'
  readonly rail: Rail
  readonly category: string
  /** Sure: a rule, a model or the judge decided. Undecided: nobody could, and the strict side was taken. */
  readonly certainty: 'sure' | 'undecided'
}

const inDanger: ReadonlySet<string> = new Set(['self-harm', 'harm-at-home'])
/** A person is in danger, or somebody else would be: guardians should look today. */
const high: ReadonlySet<string> = new Set(['self-harm', 'grooming', 'harm-at-home', 'weapons'])
const medium: ReadonlySet<string> = new Set(['violence', 'sexual', 'drugs', 'dangerous-challenge', 'illegal', 'dieting', 'hate-bullying'])

const caring: Readonly<Record<string, SentenceKey>> = {
  'self-harm': 'care.self-harm',
  grooming: 'care.grooming',
  'harm-at-home': 'care.harm-at-home',
  dieting: 'care.dieting',
}
const caringForAdults: Readonly<Record<string, SentenceKey>> = {
  'self-harm': 'care.self-harm-adult',
  'harm-at-home': 'care.harm-at-home-adult',
}

const refusals: Readonly<Record<string, SentenceKey>> = {
  violence: 'refusal.danger',
  weapons: 'refusal.danger',
  'dangerous-challenge': 'refusal.danger',
  drugs: 'refusal.danger',
  illegal: 'refusal.danger',
  sexual: 'refusal.grown-up',
  'adult-content': 'refusal.grown-up',
  'hate-bullying': 'refusal.hurtful',
  toxicity: 'refusal.hurtful',
  manipulation: 'refusal.role',
}

const mostHelpLines = 3
/** Which lines help with what; the first kinds come first. */
const helpFor: Readonly<Record<string, readonly HelpLine['for'][]>> = {
  'self-harm': ['children', 'suicide'],
  grooming: ['children', 'abuse'],
  'harm-at-home': ['children', 'abuse'],
}

/** What becomes of a text that does not pass: what the person reads, and what guardians may be told. Pure. */
export function toStop(reason: StopReason, helpLines: readonly HelpLine[]): RailStop {
  const { tier, direction, category } = reason
  // where the assistant itself went wrong, nobody is comforted for it; only who may be in danger meets care
  const action = reason.action === 'care' && (direction === 'in' || inDanger.has(category)) ? 'care' : 'refuse'
  const isCare = action === 'care'
  return {
    kind: 'stop',
    direction,
    action,
    rail: reason.rail,
    category,
    sentence: isCare ? careSentence(tier, category) : refusalSentence(reason),
    helpLines: isCare ? fittingLines(tier, category, helpLines) : [],
    incident: toIncident({ ...reason, action }),
    mayAskParent: tier !== 'adult' && direction === 'in' && !isCare && reason.rail === 'kid-safety',
  }
}

/** What nobody could decide is no news to a guardian, except where somebody may be in danger. */
function toIncident({ tier, rail, category, action, certainty }: StopReason): RailIncident | undefined {
  if (tier === 'adult') return undefined
  if (certainty === 'undecided')
    return caring[category] !== undefined && action === 'care' ? { rail, category, severity: 'low', action } : undefined
  return { rail, category, severity: severityOf(category), action }
}

function severityOf(category: string): Severity {
  if (high.has(category)) return 'high'
  return medium.has(category) ? 'medium' : 'low'
}

function careSentence(tier: Tier, category: string): SentenceKey {
  const sentences = tier === 'adult' ? caringForAdults : caring
  return sentences[category] ?? 'care.other'
}

function refusalSentence({ tier, direction, rail, category, certainty }: StopReason): SentenceKey {
  if (direction === 'out') return 'refusal.answer'
  if (tier === 'adult') return 'guardrail.refused'
  if (certainty === 'undecided') return 'refusal.undecided'
  return rail === 'injection' ? 'refusal.role' : (refusals[category] ?? 'guardrail.refused')
}

function fittingLines(tier: Tier, category: string, lines: readonly HelpLine[]): readonly HelpLine[] {
  const kinds = helpFor[category] ?? ['children']
  const wanted = tier === 'adult' ? kinds.filter((kind) => kind !== 'children') : kinds
  return wanted.flatMap((kind) => lines.filter((line) => line.for === kind)).slice(0, mostHelpLines)
}
