import type { EvalRow, EvalSuite, Expectation, ExpectationName, RowResult } from '../contracts/evaluation.ts'

const asked: Readonly<Record<ExpectationName, (expect: Expectation) => boolean>> = {
  answered: ({ action }) => action === 'answered',
  refused: ({ action }) => action === 'refused',
  cared: ({ action }) => action === 'cared',
  language: ({ language }) => language !== undefined,
  'reading-age': ({ readingAgeAtMost }) => readingAgeAtMost !== undefined,
  link: ({ noLink }) => noLink === true,
  'human-claim': ({ noHumanClaim }) => noHumanClaim === true,
  contains: ({ containsAny }) => containsAny !== undefined,
  lacks: ({ lacksAll }) => lacksAll !== undefined,
  judged: ({ judged }) => judged !== undefined,
}
const names = Object.keys(asked) as readonly ExpectationName[]
const actions: ReadonlySet<ExpectationName> = new Set(['answered', 'refused', 'cared'])

/** The expectations that hold in a smaller share of their rows than the suite asks. A row without a result holds none. Pure. */
export function findShort(
  { passEach, rows }: Pick<EvalSuite, 'passEach' | 'rows'>,
  results: ReadonlyMap<string, RowResult>,
): readonly ExpectationName[] {
  return names.filter((name) => {
    const share = passEach[name]
    const own = rows.filter(({ expect }) => asked[name](expect))
    if (share === undefined || own.length === 0) return false
    return own.filter((row) => isHeld(name, row, results)).length / own.length < share
  })
}

function isHeld(name: ExpectationName, { id, expect }: EvalRow, results: ReadonlyMap<string, RowResult>): boolean {
  const result = results.get(id)
  if (result === undefined) return false
  // the judge is asked only about rows in which all else holds
  if (name === 'judged' && expect.judged !== undefined) return result.passed
  const code = actions.has(name) ? 'action' : name
  return !result.failures.some((failure) => [code, 'failed'].includes(failure.split(':')[0] ?? ''))
}
