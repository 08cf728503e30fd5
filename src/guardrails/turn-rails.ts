import type { Judge, RailOutcome, RailStop, RailSubject, TurnRails } from '../contracts/guardrails.ts'
import type { Log } from '../contracts/platform.ts'
import type { Band, Direction, Finding, FindPersonalData, RailBook, RailPolicy, RailVerdict } from '../contracts/rails.ts'
import type { CleanTexts } from './clean-texts.ts'
import { careCategories } from './kid-categories.ts'
import type { RiskMemory } from './risk-memory.ts'
import { isRisky, lowerBand } from './risk.ts'
import type { Risk } from './risk.ts'
import { toStop } from './stops.ts'
import { strikeOut } from './strike-out.ts'
import { createTurnPlaceholders } from './turn-placeholders.ts'

export interface TurnRailsPorts {
  readonly judge: Judge
  readonly risks: RiskMemory
  readonly clean: CleanTexts
  /** Asked besides the rails of our own. */
  readonly findPersonalData: FindPersonalData
  readonly log: Log
}

/** What of an answer people have seen is read together with its next unit, so that a cut between them hides nothing. */
const joinedCharacters = 300

/** The checks of one turn, by the rules as they were when it began. */
export function createTurnRails(ports: TurnRailsPorts, book: RailBook, subject: RailSubject): TurnRails {
  const engine = book.engineOf(subject.tenant)
  const policy = book.policyOf(subject)
  const { tier, locale } = subject
  const placeholders = createTurnPlaceholders()
  const { decide, judgeFirst } = createDecision(ports, book, { subject, policy })
  const find = (said: string): ReturnType<FindPersonalData> => ports.findPersonalData(said, locale, subject.signal)
  const hide = async (said: string): Promise<string> => {
    if (ports.clean.has(said)) return said
    const knownSpans = await find(said)
    const verdict = engine.check({ tier, direction: 'in', locale, text: said, policy, knownSpans, only: 'personal-data' })
    if (verdict.redacted === undefined) ports.clean.add(said)
    return placeholders.apply(said, verdict)
  }
  return {
    async checkInput(text, before) {
      const risk = tier === 'adult' ? undefined : await ports.risks.read(subject.roomId, subject.member)
      const knownSpans = await find(text)
      const check = (rules: RailPolicy): RailVerdict =>
        engine.check({ tier, direction: 'in', locale, text, before, knownSpans, policy: rules })
      const usual = check(policy)
      // what went before only matters for what would pass otherwise
      const mayPass = usual.action === 'allow' || usual.action === 'redact'
      const verdict = risk !== undefined && mayPass && isRisky(risk) ? check(underRisk(policy, risk)) : usual
      if (risk !== undefined) await ports.risks.add(subject.roomId, subject.member, verdict.findings)
      const hidden = placeholders.apply(text, verdict)
      // a judge is a model too: it reads no more than the one that answers
      const asked = { direction: 'in', text: hidden, before: () => Promise.all(before.map(hide)) } as const
      if (subject.approved) return { kind: 'pass', text: hidden }
      const isWide = ports.judge.state().kind === 'open' && Number.isFinite(policy.askFrom)
      const judged = isWide ? await judgeFirst(check(withJudge(policy)), asked) : undefined
      const stop = judged === undefined ? await decide(verdict, asked) : judged.stop
      return stop ?? { kind: 'pass', text: hidden }
    },
    hide,
    async checkOutput(text, released): Promise<RailOutcome> {
      const verdict = engine.check({ tier, direction: 'out', locale, text, policy })
      const asked = { direction: 'out', text, before: noneBefore } as const
      const stop = (await decide(verdict, asked)) ?? (await joined(text, released))
      return stop ?? { kind: 'pass', text: placeholders.restore(strikeOut(text, verdict.findings)) }
    },
  }

  /** A sentence that was cut at the longest unit is read as a whole once its rest is there. */
  async function joined(text: string, released: string): Promise<RailStop | undefined> {
    const start = released.slice(-joinedCharacters)
    if (tier === 'adult' || start.trim() === '') return undefined
    const whole = `${start}${text}`
    const verdict = engine.check({ tier, direction: 'out', locale, text: whole, policy })
    // what people have seen alone was judged alone
    const crossing = verdict.findings.filter((finding) =>
      finding.spans.some((span) => span.start < start.length && span.end > start.length),
    )
    const [worst] = crossing.filter(({ action }) => action === 'refuse' || action === 'care')
    if (worst === undefined) return undefined
    return decide({ ...verdict, ...worst }, { direction: 'out', text: await hide(whole), before: noneBefore })
  }
}

interface Asked {
  readonly direction: Exclude<Direction, 'tool'>
  /** As a model may read it. */
  readonly text: string
  readonly before: () => Promise<readonly string[]>
}

const noneBefore = (): Promise<readonly string[]> => Promise.resolve([])

interface Decision {
  /** What a verdict means for a text: undefined lets it pass. */
  readonly decide: (verdict: RailVerdict, asked: Asked) => Promise<RailStop | undefined>
  /** The same where a judge stands ready; undefined: it did not answer after all. */
  readonly judgeFirst: (verdict: RailVerdict, asked: Asked) => Promise<{ readonly stop: RailStop | undefined } | undefined>
}

function createDecision(
  { judge, log }: TurnRailsPorts,
  book: RailBook,
  { subject, policy }: { readonly subject: RailSubject; readonly policy: RailPolicy },
): Decision {
  const { tier, turn } = subject
  const stop = (
    { direction }: Asked,
    finding: Pick<Finding, 'rail' | 'category'>,
    action: 'care' | 'refuse',
    certainty: 'sure' | 'undecided',
  ): RailStop => {
    const { rail, category } = finding
    log.info('rail-stop', { turn, tier, direction, rail, category: shownCategory(category), action, certainty })
    return toStop({ tier, direction, action, rail, category, certainty }, action === 'care' ? book.helpLinesOf(subject.tenant) : [])
  }
  const findingOf = ({ rail, category }: RailVerdict): Pick<Finding, 'rail' | 'category'> => ({
    rail: rail ?? 'kid-safety',
    category: category ?? 'unknown',
  })
  const ask = async (verdict: RailVerdict, asked: Asked): ReturnType<Decision['judgeFirst']> => {
    const judged = await judge.ask({ subject, direction: asked.direction, text: asked.text, before: await asked.before() })
    if (judged === undefined) return undefined
    const { action, category } = judged
    return { stop: action === 'allow' ? undefined : stop(asked, { rail: findingOf(verdict).rail, category }, action, 'sure') }
  }
  const decide: Decision['decide'] = async (verdict, asked) => {
    const finding = findingOf(verdict)
    switch (verdict.action) {
      case 'allow':
      case 'redact':
        return undefined
      case 'care':
      case 'refuse':
        return stop(asked, finding, verdict.action, 'sure')
      case 'ask-judge': {
        const judged = await ask(verdict, asked)
        if (judged !== undefined) return judged.stop
        if (careCategories.has(finding.category) && asked.direction === 'in') return stop(asked, finding, 'care', 'undecided')
        if (policy.withoutJudge === 'refuse') return stop(asked, finding, 'refuse', 'undecided')
        log.info('rail-undecided', { turn, tier, direction: asked.direction, rail: finding.rail, category: finding.category })
        return undefined
      }
    }
  }
  return {
    decide,
    judgeFirst: async (verdict, asked) => (verdict.action === 'ask-judge' ? ask(verdict, asked) : { stop: await decide(verdict, asked) }),
  }
}

/** Rules score 1; whatever is less is a model's or a likely rule's. */
const sureScore = 1

/** With a judge at hand the models only choose what it looks at, and they choose widely; what is sure is not asked about. */
function withJudge(policy: RailPolicy): RailPolicy {
  const widen = (band: Band): Band => ({ judgeFrom: Math.min(band.judgeFrom, policy.askFrom), actFrom: Math.max(band.actFrom, sureScore) })
  const { bands } = policy.kidSafety
  const { injection } = policy
  return {
    ...policy,
    injection: { ...injection, in: { ...injection.in, ...widen(injection.in) } },
    kidSafety: { ...policy.kidSafety, bands: { ...bands, in: widen(bands.in) } },
  }
}

/** Nobody at home may find harm at home in a log. */
function shownCategory(category: string): string {
  return category === 'harm-at-home' ? 'care' : category
}

/** After an escalation, or while a persona is played, the judge is asked sooner. */
function underRisk(policy: RailPolicy, risk: Risk): RailPolicy {
  const { bands } = policy.kidSafety
  return {
    ...policy,
    injection: { ...policy.injection, in: { ...policy.injection.in, ...lowered(policy.injection.in, risk) } },
    kidSafety: { ...policy.kidSafety, bands: { ...bands, in: lowered(bands.in, risk) } },
  }
}

function lowered(band: Band, risk: Risk): Band {
  return lowerBand({ judgeFrom: band.judgeFrom, actFrom: band.actFrom }, risk)
}
