/** One piece of personal data in a text, by index into that text; `type` by Presidio's names. */
export interface PiiMatch {
  readonly type: string
  readonly start: number
  readonly end: number
  /** 0 to 1; 1 where a checksum or the household's own data proves it. */
  readonly score: number
}

/** Collects matches in the order of their priority: what is taken stays taken. */
export class PiiMatches {
  readonly #found: PiiMatch[] = []
  readonly #taken: Uint8Array

  constructor(textLength: number) {
    this.#taken = new Uint8Array(textLength)
  }

  /** Adds a match unless it touches one that is there already. */
  add(match: PiiMatch): void {
    if (match.end <= match.start || this.#taken.subarray(match.start, match.end).includes(1)) return
    this.#taken.fill(1, match.start, match.end)
    this.#found.push(match)
  }

  /** All matches in the order of the text. */
  inOrder(): readonly PiiMatch[] {
    return this.#found.toSorted((a, b) => a.start - b.start)
  }
}
