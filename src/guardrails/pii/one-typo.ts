/** All spellings that lack one letter, and the whole: two words one typo apart share one of them. */
function skeletonsOf(word: string): readonly string[] {
  const skeletons = [word]
  for (let at = 0; at < word.length; at += 1) skeletons.push(word.slice(0, at) + word.slice(at + 1))
  return skeletons
}

/** A set of words that also finds a word with one typo in it: a letter missing, added, changed, or two swapped. */
export interface TypoSet {
  /** 0: it is one of the words; 1: it is one typo away from one; undefined: neither. */
  distanceTo(word: string): 0 | 1 | undefined
}

/** Looks up in the order of the word's length, however many words the set has. */
export function createTypoSet(words: Iterable<string>): TypoSet {
  const exact = new Set(words)
  const bySkeleton = new Map<string, string[]>()
  for (const word of exact) for (const skeleton of skeletonsOf(word)) bySkeleton.set(skeleton, [...(bySkeleton.get(skeleton) ?? []), word])
  const lengths = [...exact].map((word) => word.length)
  const [shortest, longest] = [Math.min(...lengths) - 1, Math.max(...lengths) + 1]
  return {
    distanceTo(word) {
      if (exact.has(word)) return 0
      if (word.length < shortest || word.length > longest) return undefined
      const isNear = skeletonsOf(word).some((skeleton) => bySkeleton.get(skeleton)?.some((other) => isOneTypo(word, other)) ?? false)
      return isNear ? 1 : undefined
    },
  }
}

/** One letter missing, added or changed, or two neighbours swapped. */
export function isOneTypo(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || a === b) return false
  let at = 0
  while (at < a.length && a.charAt(at) === b.charAt(at)) at += 1
  const [restA, restB] = [a.slice(at), b.slice(at)]
  if (a.length > b.length) return restA.slice(1) === restB
  if (a.length < b.length) return restA === restB.slice(1)
  if (restA.slice(1) === restB.slice(1)) return true
  return restA.charAt(0) === restB.charAt(1) && restA.charAt(1) === restB.charAt(0) && restA.slice(2) === restB.slice(2)
}
