import type { Token } from './tokens.ts'

/** Finds where phrases of many groups stand, in one pass over the words. */
export interface PhraseFinder {
  /** For each group the places of its phrases, by their first word. */
  readonly find: (tokens: readonly Token[]) => readonly (readonly PhrasePlace[])[]
}

/** From the first to the last token. */
export interface PhrasePlace {
  readonly first: number
  readonly last: number
}

/** All phrases as a tree of words: a step costs one look-up however many phrases begin alike. */
interface Node {
  /** Groups with a phrase that ends here. Most nodes need one of the four: all of them for each would double the start of a command. */
  groups: number[] | undefined
  exact: Map<string, Node> | undefined
  /** By the letters before `*`. */
  prefix: Map<string, Node> | undefined
  inside: { readonly pattern: string; readonly node: Node }[] | undefined
}

/** Longer beginnings are not looked up: no phrase has one, and a word can be as long as a message. */
const longestPrefix = 24
/** First steps kept between texts: more than the words that people use, and bounded whatever they send. */
const mostKnown = 5000

/** `groups[i]` are the phrases of group i: words in lower case, `*` at either end of a word for any letters. */
export function createPhraseFinder(groups: readonly (readonly string[])[]): PhraseFinder {
  const root = createNode()
  // the first step is the dear one, and texts repeat their words
  const known = new Map<string, readonly Node[]>()
  for (const [group, phrases] of groups.entries()) for (const phrase of new Set(phrases)) addPhrase(root, phrase, group)
  const firstStep = (token: Token): readonly Node[] => {
    const before = known.get(token.word)
    if (before) return before
    const nodes = stepTo(root, token)
    if (known.size >= mostKnown) known.clear()
    if (token.word.length <= longestPrefix) known.set(token.word, nodes)
    return nodes
  }
  const find = (tokens: readonly Token[]): readonly (readonly PhrasePlace[])[] => {
    const found = groups.map((): PhrasePlace[] => [])
    for (const first of tokens.keys()) {
      const token = tokens[first]
      if (!token) break
      const nodes = token.base === undefined ? firstStep(token) : stepTo(root, token)
      for (const node of nodes) walk(node, first, first, { tokens, found })
    }
    return found
  }
  return { find }
}

interface Walk {
  readonly tokens: readonly Token[]
  readonly found: readonly PhrasePlace[][]
}

function walk(node: Node, first: number, last: number, { tokens, found }: Walk): void {
  if (node.groups) for (const group of node.groups) found[group]?.push({ first, last })
  const next = tokens[last + 1]
  if (!next || (!node.exact && !node.prefix && !node.inside)) return
  for (const after of stepTo(node, next)) walk(after, first, last + 1, { tokens, found })
}

function stepTo(node: Node, { word, base }: Token): readonly Node[] {
  const nodes: Node[] = []
  addSteps(node, word, nodes)
  if (base !== undefined) addSteps(node, base, nodes)
  return nodes
}

function addSteps({ exact, prefix, inside }: Node, word: string, nodes: Node[]): void {
  const same = exact?.get(word)
  if (same) nodes.push(same)
  if (prefix) {
    for (let length = 1; length <= Math.min(word.length, longestPrefix); length += 1) {
      const node = prefix.get(word.slice(0, length))
      if (node) nodes.push(node)
    }
  }
  if (inside) for (const { pattern, node } of inside) if (isInside(pattern, word)) nodes.push(node)
}

/** `*ab` ends with ab, `*ab*` holds it, `*` is any word. */
function isInside(pattern: string, word: string): boolean {
  const part = pattern.replaceAll('*', '')
  return pattern.endsWith('*') ? word.includes(part) : word.endsWith(part)
}

function addPhrase(root: Node, phrase: string, group: number): void {
  let node = root
  for (const word of phrase.toLowerCase().replaceAll(/['’]/g, '').split(' ')) node = childOf(node, word)
  node.groups ??= []
  node.groups.push(group)
}

function childOf(node: Node, word: string): Node {
  if (word.startsWith('*')) {
    node.inside ??= []
    const known = node.inside.find(({ pattern }) => pattern === word)
    if (known) return known.node
    const created = createNode()
    node.inside.push({ pattern: word, node: created })
    return created
  }
  const isPrefix = word.endsWith('*')
  const map = isPrefix ? (node.prefix ??= new Map<string, Node>()) : (node.exact ??= new Map<string, Node>())
  const key = isPrefix ? word.slice(0, -1) : word
  const before = map.get(key)
  if (before) return before
  const created = createNode()
  map.set(key, created)
  return created
}

function createNode(): Node {
  return { groups: undefined, exact: undefined, prefix: undefined, inside: undefined }
}
