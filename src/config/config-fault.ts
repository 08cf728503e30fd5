import type { Fault } from '../contracts/result.ts'

export type ConfigCode = 'missing-file' | 'unreadable-file' | 'broken-yaml' | 'wrong-value' | 'contradiction' | 'missing-secret'

/** One thing that is wrong in a file people edit. */
export interface ConfigProblem {
  readonly code: ConfigCode
  /** As a person would name it: relative to the data home or the project. */
  readonly file: string
  /** From 1; 0 where the whole file is meant. */
  readonly line: number
  /** A complete sentence without the place. */
  readonly wrong: string
  /** A complete sentence: what to do. */
  readonly cure: string
}

export interface ConfigFault extends Fault<ConfigCode> {
  /** All problems found, in the order of their lines. */
  readonly problems: readonly ConfigProblem[]
}

const shownProblems = 5

/** The fault for at least one problem. Its sentence shows the first five, one a line, each with file, line and cure. */
export function createConfigFault(problems: readonly [ConfigProblem, ...ConfigProblem[]]): ConfigFault {
  const ordered = [...problems].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line)
  const lines = ordered.slice(0, shownProblems).map(toSentence)
  const left = ordered.length - lines.length
  const rest = left > 0 ? [`${left} more ${left === 1 ? 'problem follows' : 'problems follow'}.`] : []
  return { code: (ordered[0] ?? problems[0]).code, sentence: [...lines, ...rest].join('\n'), problems: ordered }
}

function toSentence(problem: ConfigProblem): string {
  const place = problem.line > 0 ? `${problem.file}, line ${problem.line}` : problem.file
  return `${place}: ${problem.wrong} ${problem.cure}`
}
