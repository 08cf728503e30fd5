import type { Alias, Binding, Household, Member } from '../contracts/household.ts'
import type { Sentences } from '../contracts/platform.ts'
import { profileOf } from './identity.ts'

/** Who reads what is sent to a model. */
export interface Readers {
  readonly homeserver: string
  /** The model as people know it. */
  readonly model: string
  /** undefined: it runs on our own machine. */
  readonly provider: string | undefined
}

export interface CommandPorts {
  readonly sentences: Sentences
  /** Who reads the questions that go to this alias now. */
  readonly readersOf: (alias: Alias) => Readers
}

/** What `help` answers in a room. */
export function helpSentence({ sentences }: CommandPorts, household: Household, binding: Binding, member: Member): string {
  return sentences.say('command.help', member.locale, { assistant: profileOf(household, binding).name })
}

/** What `privacy` answers in a room: who reads what is said there. */
export function privacySentence({ sentences, readersOf }: CommandPorts, household: Household, binding: Binding, member: Member): string {
  const alias = profileOf(household, binding).alias ?? household.domains.get(binding.domain)?.alias ?? 'smart'
  const { homeserver, model, provider } = readersOf(alias)
  return provider === undefined
    ? sentences.say('command.privacy-local', member.locale, { homeserver, model })
    : sentences.say('command.privacy-provider', member.locale, { homeserver, model, provider })
}
