/** What every member may ask of the assistant without a model. */
export type CommandName = 'help' | 'stop' | 'new' | 'privacy'

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
])
const PREFIX = /^!(?:ai-ops\s+)?/u
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

/** True for the reaction that stops an answer. */
export function isStopReaction(key: string): boolean {
  return bare(key) === '🛑'
}

function bare(text: string): string {
  return text.replaceAll(VARIATION_SELECTOR, '').trim()
}
