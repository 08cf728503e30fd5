import type { Token } from './tokens.ts'

/** Finds where phrases of many groups stand, in one pass over the words. */
export interface PhraseFinder {
  /** For each group the places of its phrases, by their first word. */
  readonly find: (tokens: readonly Token[]) => readonly (readonly { readonly first: number; readonly last: number }[])[]
}

type Test = (word: string) => boolean

interface Phrase {
  readonly group: number
  readonly rest: readonly Test[]
}

/** Phrases by how their first word is found. */
interface Index {
  readonly exact: Map<string, Phrase[]>
  readonly prefix: Map<string, Phrase[]>
  readonly inside: { readonly part: string; readonly test: Test; readonly phrase: Phrase }[]
}

const none: readonly Phrase[] = []

/** `groups[i]` are the phrases of group i: words in lower case, `*` at either end of a word for any letters. */
export function createPhraseFinder(groups: readonly (readonly string[])[]): PhraseFinder {
  const index: Index = { exact: new Map(), prefix: new Map(), inside: [] }
  for (const [group, phrases] of groups.entries()) for (const phrase of new Set(phrases)) addPhrase(index, group, phrase)
  const prefixLengths = [...new Set([...index.prefix.keys()].map((prefix) => prefix.length))].toSorted((one, other) => one - other)
  const find = (tokens: readonly Token[]): ReturnType<PhraseFinder['find']> => {
    const found = groups.map((): { first: number; last: number }[] => [])
    const known = new Map<string, readonly Phrase[]>()
    const phrasesOf = (word: string): readonly Phrase[] => {
      const before = known.get(word)
      if (before) return before
      const phrases = startingWith(index, prefixLengths, word)
      known.set(word, phrases)
      return phrases
    }
    for (const [first, { word, base }] of tokens.entries()) {
      for (const { group, rest } of base === undefined ? phrasesOf(word) : [...phrasesOf(word), ...phrasesOf(base)]) {
        if (rest.every((test, at) => holds(test, tokens[first + 1 + at]))) found[group]?.push({ first, last: first + rest.length })
      }
    }
    return found
  }
  return { find }
}

function holds(test: Test, token: Token | undefined): boolean {
  return token !== undefined && (test(token.word) || (token.base !== undefined && test(token.base)))
}

function addPhrase(index: Index, group: number, text: string): void {
  const [start = '', ...more] = text.toLowerCase().replaceAll(/['’]/g, '').split(' ')
  const phrase: Phrase = { group, rest: more.map(createTest) }
  if (start.startsWith('*')) index.inside.push({ part: start.replaceAll('*', ''), test: createTest(start), phrase })
  else if (start.endsWith('*')) push(index.prefix, start.slice(0, -1), phrase)
  else push(index.exact, start, phrase)
}

function startingWith({ exact, prefix, inside }: Index, prefixLengths: readonly number[], word: string): readonly Phrase[] {
  const phrases = [...(exact.get(word) ?? none)]
  for (const length of prefixLengths) {
    if (length > word.length) break
    phrases.push(...(prefix.get(word.slice(0, length)) ?? none))
  }
  for (const { part, test, phrase } of inside) if (word.includes(part) && test(word)) phrases.push(phrase)
  return phrases
}

function createTest(pattern: string): Test {
  const part = pattern.replaceAll('*', '')
  const [opensFree, endsFree] = [pattern.startsWith('*'), pattern.endsWith('*')]
  if (opensFree && endsFree) return (word) => word.includes(part)
  if (opensFree) return (word) => word.endsWith(part)
  if (endsFree) return (word) => word.startsWith(part)
  return (word) => word === part
}

function push(map: Map<string, Phrase[]>, key: string, phrase: Phrase): void {
  const list = map.get(key)
  if (list) list.push(phrase)
  else map.set(key, [phrase])
}
