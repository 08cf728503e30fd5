/** All readings of a text together; a longer one is only read as it stands, or one message could cost seconds. */
export const mostReadCharacters = 40_000

/** One reading of a text. The first of a list is always `plain`. */
export interface Variant {
  /** `plain`, `leet`, `base64`, …; readings of a decoded text carry both names: `base64+leet`. */
  readonly name: string
  /** As it is to be read, case kept. */
  readonly text: string
  /** The same in small letters, index for index. */
  readonly lower: string
  /**
   * Index in `text` (0 to its length) -> UTF-16 offset in the original; undefined: only the whole text can be named.
   * `end`: the index is where a span ends, so that it leads behind what was replaced, not before it.
   */
  readonly toOriginal?: (index: number, side?: 'start' | 'end') => number
}

/** A variant from text and the way back; lower-cases without moving an index: the dotted capital I is the one letter that grows. */
export function createVariant(name: string, text: string, toOriginal: Variant['toOriginal']): Variant {
  const lower = text.replaceAll('İ', 'I').toLowerCase()
  return toOriginal === undefined ? { name, text, lower } : { name, text, lower, toOriginal }
}

interface Edit {
  readonly at: number
  readonly to: string
  readonly from: number
  readonly length: number
}

/**
 * The source with every match of `pattern` (global) replaced; undefined if nothing changed. `replace` answers undefined
 * to leave a match alone. An index inside a replacement leads back to the begin of what was replaced.
 */
export function rewriteVariant(
  source: Variant,
  name: string,
  pattern: RegExp,
  replace: (match: RegExpExecArray) => string | undefined,
): Variant | undefined {
  const edits: Edit[] = []
  let text = ''
  let copied = 0
  for (const match of source.text.matchAll(pattern)) {
    const to = replace(match)
    if (to === undefined || to === match[0]) continue
    text += source.text.slice(copied, match.index)
    edits.push({ at: text.length, to, from: match.index, length: match[0].length })
    text += to
    copied = match.index + match[0].length
  }
  if (edits.length === 0) return undefined
  text += source.text.slice(copied)
  const back = source.toOriginal
  if (back === undefined) return createVariant(name, text, undefined)
  const editAt = (index: number): Edit | undefined => {
    let [low, high] = [0, edits.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((edits[middle]?.at ?? 0) <= index) low = middle + 1
      else high = middle
    }
    return edits[low - 1]
  }
  const startOf = (index: number): number => {
    const edit = editAt(index)
    if (edit === undefined) return index
    const inside = index - edit.at
    if (inside >= edit.to.length) return edit.from + edit.length + inside - edit.to.length
    return edit.to.length === edit.length ? edit.from + inside : edit.from
  }
  const endOf = (index: number): number => {
    const edit = editAt(index - 1)
    if (edit === undefined || index - edit.at > edit.to.length) return startOf(index - 1) + 1
    return edit.to.length === edit.length ? edit.from + index - edit.at : edit.from + edit.length
  }
  return createVariant(name, text, (index, side) => back(side === 'end' && index > 0 ? endOf(index) : startOf(index), side))
}

/** Where a span of a reading lies in the text as it was given; the whole text where the way back is lost. */
export function originalSpan(
  variant: Variant,
  start: number,
  end: number,
  original: string,
): { readonly start: number; readonly end: number } {
  const { toOriginal } = variant
  return toOriginal === undefined ? { start: 0, end: original.length } : { start: toOriginal(start), end: toOriginal(end, 'end') }
}
