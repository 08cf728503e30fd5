import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { Tier } from '../../contracts/household.ts'
import type { Direction, RailEngine, RailInput, RailVerdict } from '../../contracts/rails.ts'
import { exitCodeOf } from './terminal-ports.ts'
import type { ExitCode, Screen, TerminalPorts } from './terminal-ports.ts'

export interface GuardRequest {
  readonly tier: Tier
  readonly direction: Direction
  readonly json: boolean
}

/** A Matrix event holds 64 KiB: nothing longer reaches the guardrails. */
const LONGEST_LINE = 1_000_000
const LOCALE = 'en'

const turn = z.union([z.string(), z.object({ text: z.string(), role: z.string().optional() })])
const line = z.union([z.object({ text: z.string() }), z.object({ turns: z.array(turn).min(1, 'turns needs at least one text') })])

export function isTier(given: string | undefined): given is Tier {
  return given === 'child' || given === 'teen' || given === 'adult'
}

export function isDirection(given: string): given is Direction {
  return given === 'in' || given === 'out' || given === 'tool'
}

/**
 * Reads JSON lines (`{"text"}` or `{"turns"}`, whose last is judged and whose earlier ones are what came before) and writes
 * one verdict a line. A line that cannot be read gets `{"error"}` in its place, and the exit code at the end is 1. There is
 * no judge here: what is undecided stays `ask-judge`.
 */
export async function guardCheck(request: GuardRequest, ports: TerminalPorts, screen: Screen, signal: AbortSignal): Promise<ExitCode> {
  const opened = await ports.openGuardrails()
  if (!opened.ok) {
    screen.err(opened.error.sentence)
    return exitCodeOf(opened.error)
  }
  const lines = createInterface({ input: process.stdin, signal, crlfDelay: Number.POSITIVE_INFINITY })
  let code: ExitCode = 0
  let number = 0
  for await (const text of lines) {
    number += 1
    if (text.trim() === '') continue
    const read = readLine(text)
    if ('error' in read) {
      code = 1
      if (request.json) screen.out(JSON.stringify({ error: read.error, line: number }))
      else screen.err(`line ${String(number)}: ${read.error}`)
      continue
    }
    screen.out(checkOne(opened.value, { ...request, locale: LOCALE, ...read }, request.json))
  }
  return code
}

type Read = { readonly text: string; readonly before?: readonly string[] } | { readonly error: string }

function readLine(text: string): Read {
  if (text.length > LONGEST_LINE) return { error: `The line is longer than ${String(LONGEST_LINE)} characters.` }
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    return { error: 'This line is not JSON. Write {"text": "..."} or {"turns": ["..."]}.' }
  }
  const checked = line.safeParse(given)
  if (!checked.success) return { error: 'This line has neither "text" nor "turns". Write {"text": "..."} or {"turns": ["..."]}.' }
  if ('text' in checked.data) return { text: checked.data.text }
  const turns = checked.data.turns.map((one) => (typeof one === 'string' ? { text: one, role: 'user' } : one))
  const before = turns.slice(0, -1).filter((one) => one.role !== 'assistant')
  return { text: turns.at(-1)?.text ?? '', before: before.map((one) => one.text) }
}

function checkOne(engine: RailEngine, input: RailInput, json: boolean): string {
  const begun = performance.now()
  const verdict = engine.check(input)
  const us = Math.round((performance.now() - begun) * 1000)
  return json ? JSON.stringify(toJson(verdict, us)) : toSentence(verdict, us)
}

function toJson(verdict: RailVerdict, us: number): Readonly<Record<string, unknown>> {
  const { action, rail, category, score, redacted, findings } = verdict
  return {
    action,
    rail: rail ?? null,
    category: category ?? null,
    score,
    redacted: redacted ?? null,
    us,
    findings: findings.map((finding) => ({
      rail: finding.rail,
      category: finding.category,
      score: finding.score,
      variant: finding.variant,
      spans: finding.spans.map(({ start, end, type }) => ({ start, end, type })),
    })),
  }
}

function toSentence(verdict: RailVerdict, us: number): string {
  const why = verdict.rail === undefined ? '' : `  ${verdict.rail}: ${verdict.category ?? ''} ${verdict.score.toFixed(2)}`
  const redacted = verdict.redacted === undefined ? '' : `  ${verdict.redacted}`
  return `${verdict.action.padEnd(9)} ${String(us).padStart(6)} us${why}${redacted}`
}
