import type { Alias, Answers, Role } from '../contracts/household.ts'

/** What an order may name, from Element or the terminal. */
export const ALIASES: readonly Alias[] = ['smart', 'fast', 'economy', 'judge', 'local']
export const ROLES: readonly Role[] = ['owner', 'adult', 'teen', 'child', 'guest']
export const ANSWERS: readonly Answers[] = ['all', 'addressed', 'never']

/** The word that was said, in capitals or not; undefined: it is none of them. */
export function knownWord<Word extends string>(words: readonly Word[], said: string | undefined): Word | undefined {
  const wanted = said?.toLowerCase()
  return words.find((word) => word === wanted)
}
