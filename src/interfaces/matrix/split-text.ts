import { fenceAfter } from '../../conversation/units.ts'

/** A fence that is written again in each part costs room there; no language has a longer name, and what is longer is no fence. */
const LONGEST_FENCE = 40

/**
 * Splits at paragraphs, else lines, else words, else between two characters; a code block that is cut is closed and opened again.
 * No part is blank, unless the text is; none is longer than `maxBytes` (250 at least) and the fence that closes it.
 */
export function splitText(text: string, maxBytes: number): readonly string[] {
  const parts: string[] = []
  let rest = text
  while (Buffer.byteLength(rest) > maxBytes) {
    const cut = bestCut(headOf(rest, maxBytes))
    const head = rest.slice(0, cut).trimEnd()
    const fence = openFenceOf(head)
    parts.push(fence === undefined ? head : `${head}\n${fence.close}`)
    const tail = rest.slice(cut)
    // the indentation of a line of code is part of it
    rest = fence === undefined ? tail.trimStart() : `${fence.reopen}\n${tail.replace(/^\n+/, '')}`
  }
  const spoken = [...parts, rest].filter((part) => part.trim() !== '')
  return spoken.length > 0 ? spoken : [rest]
}

/** As much of the text as fits, without half a character. */
function headOf(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  let end = maxBytes
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.toString('utf8', 0, end)
}

function bestCut(head: string): number {
  for (const separator of ['\n\n', '\n', ' ']) {
    const at = head.lastIndexOf(separator)
    if (at > head.length / 3) return at + separator.length
  }
  return head.length
}

/** The code block that is open at the end: how to close it there and how to open it again. */
function openFenceOf(text: string): { readonly close: string; readonly reopen: string } | undefined {
  let mark: string | undefined
  let opening = ''
  for (const line of text.split('\n')) {
    const after = fenceAfter(line, mark)
    if (mark === undefined && after !== undefined) opening = line
    mark = after
  }
  if (mark === undefined || mark.length > LONGEST_FENCE) return undefined
  const reopen = opening.trim()
  return { close: opening.slice(0, opening.indexOf(mark)) + mark, reopen: reopen.length > LONGEST_FENCE ? mark : reopen }
}
