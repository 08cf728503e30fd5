import type { Action, ActingBand, Band, Direction, GuardianPolicy, RailPolicy, RailPolicyChange } from '../contracts/rails.ts'

const directions = ['in', 'out', 'tool'] as const satisfies readonly Direction[]

/** The policy with the changes of tenant, room and member laid over it, in that order; what a change leaves out stays. */
export function mergePolicy(base: RailPolicy, ...changes: readonly RailPolicyChange[]): RailPolicy {
  return changes.reduce<RailPolicy>(
    (policy, change) => ({
      pii: { ...policy.pii, ...change.pii },
      secrets: { ...policy.secrets, ...change.secrets },
      injection: mergeBands(policy.injection, change.injection),
      toxicity: mergeBands(policy.toxicity, change.toxicity),
      kidSafety: {
        bands: mergeBands(policy.kidSafety.bands, change.kidSafety?.bands),
        categories: { ...policy.kidSafety.categories, ...change.kidSafety?.categories },
      },
      withoutJudge: change.withoutJudge ?? policy.withoutJudge,
      askFrom: change.askFrom ?? policy.askFrom,
      guardians: { ...policy.guardians, ...change.guardians },
    }),
    base,
  )
}

function mergeBands<Kind extends Band>(
  base: Readonly<Record<Direction, Kind>>,
  change: Partial<Record<Direction, Partial<Kind>>> | undefined,
): Readonly<Record<Direction, Kind>> {
  return { in: { ...base.in, ...change?.in }, out: { ...base.out, ...change?.out }, tool: { ...base.tool, ...change?.tool } }
}

/** How much an action holds back: a caring answer lets no more through than a refusal. */
const strictness: Readonly<Record<Action, number>> = { allow: 0, redact: 1, 'ask-judge': 2, care: 3, refuse: 3 }

/** How much guardians are told: for a child, less of it is looser. Whether harm at home reaches somebody outside loosens nothing. */
const openness: Readonly<Record<GuardianPolicy['alerts'], number>> = { none: 0, category: 1, excerpt: 2, text: 3 }

/**
 * The rules that `after` holds more loosely than `before`, by their path (`pii.in.PHONE_NUMBER`, `kid_safety.in.act_from`,
 * …), in the words of the policy file; empty if it is as strict or stricter. For a child's policy only an owner may make
 * a change of which this is not empty.
 */
export function findLoosened(before: RailPolicy, after: RailPolicy): readonly string[] {
  const loosened: string[] = []
  for (const direction of directions) {
    for (const type of before.pii[direction]) if (!after.pii[direction].includes(type)) loosened.push(`pii.${direction}.${type}`)
    if (isLooserAction(before.secrets[direction], after.secrets[direction])) loosened.push(`secrets.${direction}`)
    for (const rail of ['injection', 'toxicity'] as const) {
      loosened.push(...compareActing(`${rail}.${direction}`, before[rail][direction], after[rail][direction]))
    }
    loosened.push(...compareBands(`kid_safety.bands.${direction}`, before.kidSafety.bands[direction], after.kidSafety.bands[direction]))
  }
  for (const [category, action] of Object.entries(after.kidSafety.categories)) {
    const was = before.kidSafety.categories[category as keyof RailPolicy['kidSafety']['categories']]
    if (isLooserAction(was, action)) loosened.push(`kid_safety.categories.${category}`)
  }
  if (before.withoutJudge === 'refuse' && after.withoutJudge === 'allow') loosened.push('without_judge')
  if (after.askFrom > before.askFrom) loosened.push('ask_from')
  if (openness[after.guardians.alerts] < openness[before.guardians.alerts]) loosened.push('guardians.alerts')
  return loosened
}

function isLooserAction(before: Action, after: Action): boolean {
  return strictness[after] < strictness[before]
}

function compareBands(path: string, before: Band, after: Band): readonly string[] {
  // without a judge_from the text below act_from passes unasked
  const judgeIsLooser = Math.min(after.judgeFrom, after.actFrom) > Math.min(before.judgeFrom, before.actFrom)
  return [...(judgeIsLooser ? [`${path}.judge_from`] : []), ...(after.actFrom > before.actFrom ? [`${path}.act_from`] : [])]
}

function compareActing(path: string, before: ActingBand, after: ActingBand): readonly string[] {
  // what never acts has no action to loosen
  const actionIsLooser = before.actFrom !== Number.POSITIVE_INFINITY && isLooserAction(before.action, after.action)
  return [...compareBands(path, before, after), ...(actionIsLooser ? [`${path}.action`] : [])]
}
