/** Texts in which nothing had to be hidden: what is recalled is the same from turn to turn, and is read once. In memory only. */
export interface CleanTexts {
  has(text: string): boolean
  add(text: string): void
}

/** Some hundred talks of a household; the oldest is forgotten first. */
const mostTexts = 5_000
/** A longer text is read again: it is rare, and would fill the memory. */
const longestText = 4_000

/** Remembers for each kind of reader apart, and nothing from before `renew`. */
export function createCleanTexts(): { of(reader: string): CleanTexts; renew(): void } {
  const known = new Set<string>()
  return {
    of(reader) {
      const key = (text: string): string => `${reader}\n${text}`
      return {
        has: (text) => known.has(key(text)),
        add(text) {
          if (text.length > longestText) return
          known.add(key(text))
          const [oldest] = known
          if (known.size > mostTexts && oldest !== undefined) known.delete(oldest)
        },
      }
    },
    renew: () => known.clear(),
  }
}
