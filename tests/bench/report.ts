import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'

/** One line of a result table. */
export interface Row {
  readonly measure: string
  readonly cells: readonly string[]
  readonly target: string
  /** undefined: there is no target. */
  readonly isMet: boolean | undefined
}

export interface Report {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

/** The table as a person reads it on the terminal. */
export function toText({ title, columns, rows }: Report): string {
  const lines = [['', ...columns, 'target', ''], ...rows.map((row) => [row.measure, ...row.cells, row.target, verdict(row)])]
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)))
  return [
    title,
    ...lines.map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  ].join('\n')
}

/** The same as a block for docs/BENCHMARKS.md. */
export function toMarkdown({ title, columns, rows }: Report): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const head = ['measure', ...columns, 'target', 'met']
  return [
    `### ${title}`,
    '',
    line(head),
    line(head.map(() => '---')),
    ...rows.map((row) => line([row.measure, ...row.cells, row.target, verdict(row)])),
  ].join('\n')
}

/** Date, commit, machine and how busy it was. */
export function describeRun(): string {
  const model = cpus()[0]?.model ?? 'unknown processor'
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(' ')
  const day = new Date().toISOString().slice(0, 10)
  return `${day}, commit ${commit()}, ${String(availableParallelism())} cores (${model}), ${system()}, Node ${process.versions.node}, load average ${load}`
}

function verdict({ isMet }: Row): string {
  return isMet === undefined ? '' : isMet ? 'yes' : 'NO'
}

function commit(): string {
  const git = (...args: readonly string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'src', 'tests') === '' ? '' : ' with changes'
    return git('rev-parse', '--short', 'HEAD') + changed
  } catch {
    return 'unknown'
  }
}

function system(): string {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform
  } catch {
    return process.platform
  }
}
