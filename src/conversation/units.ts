/** From DESIGN section 4, step 11: no checked unit is longer, so that a long paragraph still appears while it is written. */
export const MAX_UNIT_CHARACTERS = 300

/** Cuts a streamed answer into units that can be checked one by one. Joined, the units are exactly what was pushed. */
export interface UnitSplitter {
  /** The units that are complete now. */
  push(text: string): readonly string[]
  /** What is left, when the answer is complete. */
  end(): readonly string[]
}

interface Cut {
  readonly length: number
  /** The open code fence after this cut, if any. */
  readonly fence: string | undefined
}

const FENCE = /^[ \t]*(`{3,}|~{3,})/u
const LEADING_BLANK = /^\s*/u
/** "3." at the start of a line is the number of a list item. */
const LIST_NUMBER = /(?:^|\n)[ \t]*\d{1,3}[.)]$/u
/** The end of a sentence shows by the blank after it: "3.5" and "example.org" go on. */
const SENTENCE_END = /[.!?…]["'”’»)\]*_]*(?=\s)|[。！？]/gu

/** Units are sentences, lines (list items, table rows, headings) and code blocks; what is longer than the maximum is cut between words or lines. */
export function createUnitSplitter(): UnitSplitter {
  let pending = ''
  let fence: string | undefined
  const take = (): readonly string[] => {
    const units: string[] = []
    for (let cut = nextCut(pending, fence); cut !== undefined; cut = nextCut(pending, fence)) {
      units.push(pending.slice(0, cut.length))
      pending = pending.slice(cut.length)
      fence = cut.fence
    }
    return units
  }
  return {
    push(text) {
      pending += text
      return take()
    },
    end() {
      const rest = pending
      pending = ''
      return rest === '' ? [] : [rest]
    },
  }
}

/** Closes a code block that is still being written, so that a draft shows as it will look. */
export function closeOpenFence(markdown: string): string {
  let open: string | undefined
  for (const line of markdown.split('\n')) open = fenceAfter(line, open)
  return open === undefined ? markdown : `${markdown}${markdown.endsWith('\n') ? '' : '\n'}${open}`
}

function nextCut(text: string, fence: string | undefined): Cut | undefined {
  const start = LEADING_BLANK.exec(text)?.[0].length ?? 0
  if (start === text.length) return undefined
  const cut = fence === undefined && !FENCE.test(lineAt(text, start)) ? proseCut(text, start) : codeCut(text, fence)
  if (cut !== undefined && cut.length <= start + MAX_UNIT_CHARACTERS) return cut
  return text.length - start > MAX_UNIT_CHARACTERS ? forcedCut(text, start, fence) : undefined
}

function proseCut(text: string, start: number): Cut | undefined {
  const lineEnd = text.indexOf('\n', start)
  const isTableRow = text[start] === '|'
  SENTENCE_END.lastIndex = start
  for (let match = SENTENCE_END.exec(text); match !== null && !isTableRow; match = SENTENCE_END.exec(text)) {
    const end = match.index + match[0].length
    if (lineEnd !== -1 && end > lineEnd) break
    if (!LIST_NUMBER.test(text.slice(0, end))) return { length: end, fence: undefined }
  }
  return lineEnd === -1 ? undefined : { length: lineEnd + 1, fence: undefined }
}

/** The end of a code block, as far as it is here. */
function codeCut(text: string, fence: string | undefined): Cut | undefined {
  let open = fence
  let position = 0
  for (let lineEnd = text.indexOf('\n'); lineEnd !== -1; lineEnd = text.indexOf('\n', position)) {
    const wasOpen = open !== undefined
    open = fenceAfter(text.slice(position, lineEnd), open)
    position = lineEnd + 1
    if (wasOpen && open === undefined) return { length: position, fence: undefined }
  }
  return undefined
}

/** A unit that would be too long: cut after the last line, else the last word, else between two characters. */
function forcedCut(text: string, start: number, fence: string | undefined): Cut {
  const limit = start + MAX_UNIT_CHARACTERS
  const window = text.slice(0, limit)
  const lastLine = window.lastIndexOf('\n') + 1
  const lastWord = window.lastIndexOf(' ') + 1
  const length = lastLine > start ? lastLine : lastWord > start ? lastWord : betweenCharacters(text, limit)
  let open = fence
  for (const line of text.slice(0, length).split('\n')) open = fenceAfter(line, open)
  return { length, fence: open }
}

function betweenCharacters(text: string, length: number): number {
  const code = text.charCodeAt(length - 1)
  const isHighSurrogate = code >= 0xd800 && code <= 0xdbff
  return isHighSurrogate ? length - 1 : length
}

function lineAt(text: string, position: number): string {
  const end = text.indexOf('\n', position)
  const begin = text.lastIndexOf('\n', position - 1) + 1
  return text.slice(begin, end === -1 ? undefined : end)
}

/** The code fence that is open after this line, given the one that is open before it. */
export function fenceAfter(line: string, open: string | undefined): string | undefined {
  const mark = FENCE.exec(line)?.[1]
  if (mark === undefined) return open
  if (open === undefined) return mark
  const closes = mark.startsWith(open) && line.trim() === mark
  return closes ? undefined : open
}
