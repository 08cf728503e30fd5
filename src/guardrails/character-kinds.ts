const basicPlane = 0x1_0000

/**
 * Remembers what `classify` makes of each character of the basic plane: a long text asks for the same few again and again, and
 * asking Unicode is dear. Kinds go from 1 to 255; the answer takes a code point or a UTF-16 unit.
 */
export function rememberKinds(classify: (character: string) => number): (code: number) => number {
  const kinds = new Uint8Array(basicPlane)
  return (code) => {
    const known = kinds[code]
    if (known) return known
    const kind = classify(String.fromCodePoint(code))
    if (code < basicPlane) kinds[code] = kind
    return kind
  }
}
