import type { ParentAnswer } from '../contracts/incidents.ts'

export type GuardianAnswer = ParentAnswer['answer']

/** What every member may ask of the assistant without a model. */
export type CommandName = 'help' | 'stop' | 'new' | 'privacy' | 'ask' | 'more'

const WORDS: ReadonlyMap<string, CommandName> = new Map([
  ['help', 'help'],
  ['hilfe', 'help'],
  ['stop', 'stop'],
  ['stopp', 'stop'],
  ['🛑', 'stop'],
  ['new', 'new'],
  ['neu', 'new'],
  ['privacy', 'privacy'],
  ['datenschutz', 'privacy'],
  ['ask', 'ask'],
  ['ask a parent', 'ask'],
  ['ask my parents', 'ask'],
  ['frag', 'ask'],
  ['frag meine eltern', 'ask'],
  ['frag die eltern', 'ask'],
  ['more', 'more'],
  ['mehr', 'more'],
])
/** What owners order in Control, and guardians in the parents' room; elsewhere these words are refused. */
const ORDERS: ReadonlySet<string> = new Set([
  'status',
  'models',
  'members',
  'rooms',
  'allowance',
  'budget',
  'spend',
  'prompt',
  'eval',
  'digest',
  'memory',
  'trace',
  'pause',
  'resume',
  'test',
  'audit',
  'week',
])
const CONFIRMATION = /^(?:yes|ja)\s+[a-z0-9]{6}$/iu
const PREFIX = /^!(?:ai-ops\s+)?/u
/** What a guardian may answer to a question that was passed on; for good only in words, since reactions are not encrypted. */
const ANSWERS: ReadonlyMap<string, GuardianAnswer> = new Map([
  ['once', 'once'],
  ['einmal', 'once'],
  ['always', 'always'],
  ['immer', 'always'],
  ['no', 'no'],
  ['nein', 'no'],
])
const ANSWER_REACTIONS: ReadonlyMap<string, GuardianAnswer> = new Map([
  ['👍', 'once'],
  ['✅', 'once'],
  ['👎', 'no'],
  ['❌', 'no'],
])
const SKIN_TONES = /[\u{1F3FB}-\u{1F3FF}]/gu
const CLOSING_MARKS = /[.!]+$/u
/** Emoji arrive with or without it, depending on the keyboard. */
const VARIATION_SELECTOR = /\uFE0F/gu

/** The command a text is, if it is nothing else: `help`, `!help`, `!ai-ops help`, in English or German. */
export function readCommand(text: string): CommandName | undefined {
  return WORDS.get(bare(text).replace(PREFIX, '').toLowerCase())
}

/** True for texts that can only be meant for the assistant: `!help`. */
export function hasCommandPrefix(text: string): boolean {
  return PREFIX.test(bare(text))
}

/** The order a text is, without its `!`: `!spend week`, `!ai-ops spend week`, or the word that confirms one; undefined if it is none. */
export function readOrder(text: string): string | undefined {
  const said = bare(text)
  if (CONFIRMATION.test(said)) return said
  return PREFIX.test(said) ? said.replace(PREFIX, '') : undefined
}

/** True for words that only owners and guardians order. */
export function isOrderWord(order: string): boolean {
  return ORDERS.has(order.trim().split(/\s/u)[0]?.toLowerCase() ?? '')
}

/** What a guardian's reply to a question means; undefined if it is something else. */
export function readGuardianAnswer(text: string): GuardianAnswer | undefined {
  return ANSWERS.get(bare(text).replace(CLOSING_MARKS, '').toLowerCase())
}

/** What a guardian's reaction to a question means: once or no, never for good. */
export function readGuardianReaction(key: string): GuardianAnswer | undefined {
  return ANSWER_REACTIONS.get(bare(key).replaceAll(SKIN_TONES, ''))
}

/** True for the reaction that stops an answer. */
export function isStopReaction(key: string): boolean {
  return bare(key) === '🛑'
}

function bare(text: string): string {
  return text.replaceAll(VARIATION_SELECTOR, '').trim()
}
