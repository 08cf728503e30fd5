import { describeFiles, followFiles } from './config/follow-files.ts'
import { householdFiles } from './config/load-household.ts'
import { policyFiles, readHelpLines } from './config/policies.ts'
import type { RailBook, RailPolicy, RailRules } from './contracts/rails.ts'
import type { Fault, Result } from './contracts/result.ts'
import type { RailCheck } from './guardrails/engine.ts'
import { createRailBook } from './guardrails/rail-book.ts'
import type { LoosenedRules } from './guardrails/rail-book.ts'
import { loadHomeRules, loadLearnedRails } from './load-guardrails.ts'
import type { RailPlaces } from './load-guardrails.ts'

export interface InstanceRules extends RailRules, Disposable {
  /** What makes the rules of a child looser now, each with the owner who answers for it. */
  loosened(): readonly LoosenedRules[]
  /** The policy of the child tier as its file says, before anybody's overrides. */
  childPolicy(): RailPolicy
  /** Where Presidio's analyzer answers, if people named one. */
  presidioUrl(): string | undefined
}

interface Loaded {
  readonly book: RailBook
  readonly child: RailPolicy
  readonly presidioUrl: string | undefined
  readonly loosened: readonly LoosenedRules[]
}

/**
 * The rules of an instance as `policies/` and `ai-ops.yaml` say now. A bad edit keeps the old book and tells the fault once;
 * at start it is the result. Dispose stops looking.
 */
export async function createRailRules(places: RailPlaces): Promise<Result<InstanceRules, Fault>> {
  const learned = rememberLearned(places.projectRoot)
  const listFiles = (): readonly string[] => {
    const { rules, learned: learnedFiles } = policyFiles(places.projectRoot)
    return [...householdFiles(places), ...rules, ...learnedFiles]
  }
  const followed = await followFiles(listFiles, () => loadBook(places, learned))
  if (!followed.ok) return followed
  const { value: rules } = followed
  return {
    ok: true,
    value: {
      current: () => rules.current().book,
      loosened: () => rules.current().loosened,
      childPolicy: () => rules.current().child,
      presidioUrl: () => rules.current().presidioUrl,
      onChange: (listener) => rules.onChange((change) => listener('fault' in change ? change : { book: change.value.book })),
      [Symbol.dispose]: () => rules[Symbol.dispose](),
    },
  }
}

type LoadLearned = () => Promise<Result<readonly RailCheck[], Fault>>

/** Lexicons and weights take long to prepare: an edit of `ai-ops.yaml` leaves them as they are. */
function rememberLearned(projectRoot: string): LoadLearned {
  let last: { readonly files: string; readonly rails: readonly RailCheck[] } | undefined
  return async () => {
    const files = describeFiles(policyFiles(projectRoot).learned)
    if (last?.files === files) return { ok: true, value: last.rails }
    const loaded = await loadLearnedRails(projectRoot)
    if (loaded.ok) last = { files, rails: loaded.value }
    return loaded
  }
}

async function loadBook(places: RailPlaces, loadLearned: LoadLearned): Promise<Result<Loaded, Fault>> {
  const [rules, helpLines, learned] = await Promise.all([loadHomeRules(places), readHelpLines(places.projectRoot), loadLearned()])
  if (!rules.ok) return rules
  if (!helpLines.ok) return helpLines
  if (!learned.ok) return learned
  const { policies, child, overrides, loosened, presidioUrl, namesOf } = rules.value
  const book = createRailBook({ policies, overrides, learned: learned.value, namesOf, helpLines: helpLines.value })
  return { ok: true, value: { book, child, presidioUrl, loosened } }
}
