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

  /** Adds a match unless it touches one that is there already. */
  add(match: PiiMatch): boolean {
    if (match.end <= match.start || this.overlaps(match.start, match.end)) return false
    this.#found.push(match)
    return true
  }

  overlaps(start: number, end: number): boolean {
    return this.#found.some((other) => start < other.end && other.start < end)
  }

  /** All matches in the order of the text. */
  inOrder(): readonly PiiMatch[] {
    return this.#found.toSorted((a, b) => a.start - b.start)
  }
}
