import type { Binding, Household, Member } from '../contracts/household.ts'
import { nearestOf } from './read-words.ts'

/** Who or what a word names; several, or none with what was most likely meant. */
export type Found<Thing> =
  | { readonly kind: 'one'; readonly thing: Thing }
  | { readonly kind: 'several'; readonly names: readonly string[] }
  | { readonly kind: 'none'; readonly nearest: string | undefined }

/** A member among those somebody may order about: by id, `@id`, Matrix user id or name; a name's beginning if only one has it. */
export function findMember(among: readonly Member[], word: string): Found<Member> {
  const said = word.toLowerCase().replace(/^@/u, '')
  const exact = among.filter(({ id, userId }) => id === said || userId.toLowerCase() === word.toLowerCase())
  const named = among.filter(({ name }) => name.toLowerCase() === said)
  const begun = said.length < 2 ? [] : among.filter(({ id, name }) => id.startsWith(said) || name.toLowerCase().startsWith(said))
  const [found = []] = [exact, named, begun].filter((some) => some.length > 0)
  return pick(
    found,
    ({ id }) => id,
    nearestOf(
      said,
      among.flatMap(({ id, name }) => [id, name]),
    ),
  )
}

/** A room by its short name. */
export function findRoom({ rooms }: Household, word: string): Found<Binding> {
  const said = word.toLowerCase().replace(/^#/u, '')
  const all = [...rooms.values()]
  return pick(
    all.filter(({ name }) => name === said),
    ({ name }) => name,
    nearestOf(
      said,
      all.map(({ name }) => name),
    ),
  )
}

function pick<Thing>(found: readonly Thing[], nameOf: (thing: Thing) => string, nearest: string | undefined): Found<Thing> {
  const [first, ...others] = found
  if (first === undefined) return { kind: 'none', nearest }
  return others.length === 0 ? { kind: 'one', thing: first } : { kind: 'several', names: found.map(nameOf) }
}
