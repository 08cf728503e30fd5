import { readFile } from 'node:fs/promises'
import { isMap, isNode, isPair, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'
import type { Result } from '../contracts/result.ts'
import { createConfigFault } from './config-fault.ts'
import type { ConfigFault, ConfigProblem } from './config-fault.ts'

/** A parsed and checked file that still knows on which line each value stands. */
export interface YamlFile<Value> {
  readonly file: string
  readonly value: Value
  /** Line, from 1, of the value at this path or of its nearest ancestor that exists. */
  readonly lineOf: (path: readonly PropertyKey[]) => number
}

type Path = readonly PropertyKey[]

/** 1 MB: far beyond any file a person writes, and small enough to parse at once. */
const largestFile = 1_000_000

/**
 * Reads a YAML file a person edits and checks it against a strict schema. `file` is the name shown in faults.
 * Tags and doubled keys are faults too: an unquoted `!room:server` would otherwise silently become empty text. `change` is
 * what is laid over the content before it is checked.
 */
export async function readYamlFile<Schema extends z.ZodType>(
  path: string,
  file: string,
  schema: Schema,
  change: (content: unknown) => unknown = (content) => content,
): Promise<Result<YamlFile<z.output<Schema>>, ConfigFault>> {
  const text = await readText(path, file)
  if (!text.ok) return text
  const lines = new LineCounter()
  const document = parseDocument(text.value, { lineCounter: lines, prettyErrors: false })
  // what follows the first error is only its echo
  const [broken] = [...document.errors, ...document.warnings]
  if (broken) {
    const { line } = lines.linePos(broken.pos[0])
    return { ok: false, error: createConfigFault([{ code: 'broken-yaml', file, line, ...explainYaml(broken.code, broken.message) }]) }
  }
  const lineOf = (at: Path): number => lines.linePos(offsetOf(document, at)).line
  const checked = schema.safeParse(change(document.toJS() ?? {}))
  if (checked.success) return { ok: true, value: { file, value: checked.data, lineOf } }
  const [first, ...more] = checked.error.issues.flatMap((issue) => toProblems(issue, { file, document, lines, lineOf }))
  if (!first) throw new Error('a schema failed without an issue')
  return { ok: false, error: createConfigFault([first, ...more]) }
}

async function readText(path: string, file: string): Promise<Result<string, ConfigFault>> {
  try {
    const text = await readFile(path, 'utf8')
    if (text.length <= largestFile) return { ok: true, value: text }
    const cure = 'Check that it is the right file.'
    return {
      ok: false,
      error: createConfigFault([{ code: 'unreadable-file', file, line: 0, wrong: 'The file is larger than 1 MB.', cure }]),
    }
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    const problem: ConfigProblem = isMissing
      ? { code: 'missing-file', file, line: 0, wrong: 'The file does not exist.', cure: `Create it as ${path}.` }
      : { code: 'unreadable-file', file, line: 0, wrong: 'The file cannot be read.', cure: `Let this user read ${path}.` }
    return { ok: false, error: createConfigFault([problem]) }
  }
}

function explainYaml(code: string, message: string): { readonly wrong: string; readonly cure: string } {
  if (code === 'TAG_RESOLVE_FAILED')
    return { wrong: 'A value begins with "!" outside quotes.', cure: 'Put it in quotes, like "!id:server".' }
  if (code === 'DUPLICATE_KEY') return { wrong: 'A key stands here twice.', cure: 'Keep one of the two.' }
  if (/reserved character @|plain value cannot start with/i.test(message)) {
    return { wrong: 'A value begins with a special character outside quotes.', cure: 'Put it in quotes, like "@name:server".' }
  }
  const short = message.split('\n')[0] ?? message
  return { wrong: `This is not valid YAML: ${short.replace(/\.$/, '')}.`, cure: 'Check indentation, colons and quotes here.' }
}

function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return keyOffset(document, path.slice(0, length)) ?? node.range[0]
  }
  return 0
}

/** Where the key of this path stands: a mapping's own range begins on the line after its key. */
function keyOffset(document: Document, path: Path): number | undefined {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents
  if (!isMap(parent)) return undefined
  const pair = parent.items.find((item) => isPair(item) && String(item.key) === String(path.at(-1)))
  return pair && isNode(pair.key) ? pair.key.range?.[0] : undefined
}

interface Place {
  readonly file: string
  readonly document: Document
  readonly lines: LineCounter
  readonly lineOf: (path: Path) => number
}

function toProblems(issue: z.core.$ZodIssue, place: Place): readonly ConfigProblem[] {
  const name = issue.path.map(String).join('.') || 'the file'
  const base = { code: 'wrong-value', file: place.file } as const
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const wrong = issue.path.length > 0 ? `${name} has no "${key}".` : `There is no "${key}".`
      return { ...base, line: place.lineOf([...issue.path, key]), wrong, cure: 'Check the spelling, or remove it.' }
    })
  }
  const given: unknown = place.document.hasIn(issue.path) ? place.document.getIn(issue.path) : undefined
  return [{ ...base, line: place.lineOf(issue.path), ...explainValue(issue, name, given) }]
}

function explainValue(issue: z.core.$ZodIssue, name: string, given: unknown): { readonly wrong: string; readonly cure: string } {
  const isMissing = given === undefined || given === null
  const wrong = `${name} ${isMissing ? 'is missing' : showGiven(name, given)}.`
  if (issue.code === 'invalid_value') return { wrong, cure: `Use ${issue.values.map(String).join(', ')}.` }
  if (issue.code === 'invalid_type') {
    return { wrong, cure: isMissing ? 'Add it.' : `It must be ${kindNames[issue.expected] ?? issue.expected}.` }
  }
  if (issue.code === 'invalid_key') {
    return { wrong: `"${String(issue.path.at(-1))}" cannot be a name here.`, cure: issue.issues[0]?.message ?? 'Use another name.' }
  }
  return { wrong, cure: issue.message }
}

/** A secret must not reach a log or a room by way of a fault. */
function showGiven(name: string, given: unknown): string {
  const isSimple = typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean'
  return isSimple && !/(token|key)$/.test(name) ? `is "${given}"` : 'is not right'
}

const kindNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list like [a, b]',
  object: 'a group of indented lines',
  record: 'a group of indented lines',
}
