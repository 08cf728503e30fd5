import { allowanceOf } from '../budgets/allowance.ts'
import type { Alias, Binding, Household, Locale, Member } from '../contracts/household.ts'
import type { Sentences } from '../contracts/platform.ts'
import type { Clock } from './clock.ts'
import { profileOf } from './identity.ts'
import { memberTier } from './members.ts'

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

interface HelpPorts extends Pick<CommandPorts, 'sentences'> {
  readonly clock: Pick<Clock, 'now'>
}

/** What `help` answers in a room. */
export function helpSentence({ sentences, clock }: HelpPorts, household: Household, binding: Binding, member: Member): string {
  const { locale } = member
  const help = sentences.say('command.help', locale, { assistant: profileOf(household, binding).name })
  const tier = memberTier(member, clock.now())
  const isMinor = tier !== 'adult'
  const mayAskForMore = isMinor && allowanceOf(household, member, tier) !== undefined
  return [
    help,
    ...(isMinor ? [sentences.say('command.help-ask', locale)] : []),
    ...(mayAskForMore ? [sentences.say('command.help-more', locale)] : []),
  ].join('\n')
}

/** The alias that answers in a room. */
export function aliasOf(household: Household, binding: Binding): Alias {
  return binding.alias ?? profileOf(household, binding).alias ?? household.domains.get(binding.domain)?.alias ?? 'smart'
}

/** What `privacy` answers in a room: who reads what is said there. */
export function privacySentence({ sentences, readersOf }: CommandPorts, household: Household, binding: Binding, member: Member): string {
  const { homeserver, model, provider } = readersOf(aliasOf(household, binding))
  const readers =
    provider === undefined
      ? sentences.say('command.privacy-local', member.locale, { homeserver, model })
      : sentences.say('command.privacy-provider', member.locale, { homeserver, model, provider })
  const judge = judgeSentence({ sentences, readersOf }, household, binding, member.locale)
  return judge === undefined ? readers : `${readers}\n${judge}`
}

/** Who else reads what children and teens ask here; undefined if it is the model that answers. */
export function judgeSentence(
  { sentences, readersOf }: CommandPorts,
  household: Household,
  binding: Binding,
  locale: Locale,
): string | undefined {
  const answering = readersOf(aliasOf(household, binding))
  const { model, provider } = readersOf('judge')
  if (household.standIn || (model === answering.model && provider === answering.provider)) return undefined
  return provider === undefined
    ? sentences.say('command.privacy-judge-local', locale, { model })
    : sentences.say('command.privacy-judge-provider', locale, { model, provider })
}
