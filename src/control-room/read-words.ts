/** Splits an order into words; what stands in quotes is one. The first is the command's name. */
export function readWords(text: string): readonly string[] {
  return [...text.matchAll(/"(?<quoted>[^"]*)"|(?<bare>\S+)/gu)].map(({ groups }) => groups?.['quoted'] ?? groups?.['bare'] ?? '')
}

/** The known word that somebody most likely meant; undefined if none is near. */
export function nearestOf(typed: string, known: Iterable<string>): string | undefined {
  const word = typed.toLowerCase()
  const limit = word.length <= 4 ? 1 : 2
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const name of known) {
    const distance = distanceBetween(word, name.toLowerCase(), limit)
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { name, distance }
  }
  return best?.name
}

/** Letters added, dropped, changed or swapped with their neighbour; `limit + 1` for everything beyond it. */
function distanceBetween(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) > limit) return limit + 1
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const isSame = one[i - 1] === other[j - 1]
      const above = rows[i - 1] ?? []
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (isSame ? 0 : 1))
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      if (isSwapped) least = Math.min(least, (rows[i - 2]?.[j - 2] ?? 0) + 1)
      row.push(least)
    }
    rows.push(row)
  }
  return rows[one.length]?.[other.length] ?? limit + 1
}
