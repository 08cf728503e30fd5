import { shareOfKnownWords } from './known-words.ts'
import { createVariant, rewriteVariant } from './variant.ts'
import type { Variant } from './variant.ts'

/** Longer runs are data, not a message. */
const longestDecoded = 8_192

const base64Run = /(?<![A-Za-z0-9+/=_-])(?:[A-Za-z0-9+/_-]{4}){3,}[A-Za-z0-9+/_-]{0,3}={0,2}(?![A-Za-z0-9+/=_-])/g
const hexRun = /(?<![0-9a-z])(?:(?:0x|\\x)?[0-9a-f]{2}[\s:,;-]{0,2}){6,}(?![0-9a-z])/gi
const percentRun = /(?:%[0-9a-f]{2})+/gi
const entity = /&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/gi
const escape = /\\u\{?([0-9a-f]{4,6})\}?/gi
const binaryRun = /(?<![01])(?:[01]{8}[\s,]{0,2}){4,}(?![01])/g

function decodeBase64(source: Variant): Variant | undefined {
  return rewriteVariant(source, 'base64', base64Run, ([run]) => {
    // a long word or a path has this shape too
    if (run.length > longestDecoded || /^(?:[a-z]+|[A-Z]+|[a-z/_-]+|\d+)$/.test(run)) return undefined
    return readable(Buffer.from(run.replaceAll('-', '+').replaceAll('_', '/'), 'base64'))
  })
}

function decodeHex(source: Variant): Variant | undefined {
  return rewriteVariant(source, 'hex', hexRun, ([run]) => {
    const digits = run.replace(/0x|\\x|[\s:,;-]/gi, '')
    return digits.length > longestDecoded * 2 ? undefined : readable(Buffer.from(digits, 'hex'))
  })
}

function decodeBinary(source: Variant): Variant | undefined {
  return rewriteVariant(source, 'binary', binaryRun, ([run]) => {
    const bytes = run.match(/[01]{8}/g) ?? []
    return bytes.length > longestDecoded ? undefined : readable(Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))))
  })
}

/** The text in these bytes, if it is text: UTF-8 without control characters, mostly letters. */
function readable(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8').replace(/\0+$/, '')
  if (text.length < 4 || /[\ufffd\p{Cc}]/u.test(text.replace(/[\n\r\t]/g, ''))) return undefined
  const letters = text.match(/[\p{L}\s]/gu)?.length ?? 0
  return letters >= text.length * 0.7 ? ` ${text} ` : undefined
}

function decodePercent(source: Variant): Variant | undefined {
  if (!source.text.includes('%')) return undefined
  const decoded = rewriteVariant(source, 'url', percentRun, ([run]) => {
    const text = Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8')
    return /[\ufffd\0]/.test(text) ? undefined : text
  })
  return decoded && (rewriteVariant(decoded, 'url', /\+/g, () => ' ') ?? decoded)
}

function decodeEscapes(source: Variant): Variant | undefined {
  const ofPoint = (point: number): string | undefined =>
    point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : undefined
  if (source.text.includes('&#')) {
    return rewriteVariant(source, 'entities', entity, ([, hex, decimal]) =>
      ofPoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)),
    )
  }
  if (!source.text.includes('\\u')) return undefined
  return rewriteVariant(source, 'escapes', escape, ([, hex = '0']) => ofPoint(Number.parseInt(hex, 16)))
}

/** Below this share of frequent words a text may be a cipher, and a decoded one must reach it. */
const readableShare = 0.4
/** A cipher worth finding is a message, not a document. */
const longestCipher = 4_000

function shift(text: string, by: number): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const base = letter >= 'a' ? 97 : 65
    return String.fromCharCode(((letter.charCodeAt(0) - base + by) % 26) + base)
  })
}

function backwards(text: string): string {
  return Array.from(text).toReversed().join('')
}

type Cipher = readonly [name: string, read: (given: string) => string]

const commonCiphers: readonly Cipher[] = [
  ['rot13', (given) => shift(given, 13)],
  ['reversed', backwards],
  ['reversed-words', (given) => given.replace(/[\p{L}\p{N}]+/gu, backwards)],
]
const rareCiphers: readonly Cipher[] = [
  ['atbash', (given) => given.replace(/[a-z]/gi, (one) => String.fromCharCode((one >= 'a' ? 219 : 155) - one.charCodeAt(0)))],
  ...Array.from({ length: 25 }, (_, index) => ['shifted', (given: string): string => shift(given, index + 1)] as const),
]

/** Can this be read as it stands? A text with fewer than two words cannot be anything but itself. */
export function isReadable(variant: Variant): boolean {
  return (shareOfKnownWords(variant.lower) ?? 1) >= readableShare
}

/**
 * Letter shifts (rot13 among them), mirrored alphabet, text or words written backwards. For texts that cannot be read as
 * they stand; answers only readings that can.
 */
export function decipher(source: Variant): readonly Variant[] {
  const { text, lower } = source
  if (text.length > longestCipher) return []
  const letters = lower.slice(0, 200)
  const share = ([name, read]: Cipher): number => shareOfKnownWords(name === 'reversed' ? read(lower).slice(0, 200) : read(letters)) ?? 0
  const readableOf = (ciphers: readonly Cipher[]): readonly Cipher[] => {
    const shares = ciphers.map(share)
    const highest = Math.max(...shares)
    return highest < readableShare ? [] : ciphers.filter((_, index) => shares[index] === highest)
  }
  const common = readableOf(commonCiphers)
  const chosen = common.length > 0 ? common : readableOf(rareCiphers)
  // a shift keeps every index; what is turned around can only be named as a whole
  return chosen.map(([name, read]) => createVariant(name, read(text), name.startsWith('reversed') ? undefined : source.toOriginal))
}

const decoders = [decodeBase64, decodeHex, decodeBinary, decodePercent, decodeEscapes]

/** Readings of an encoded text, one per encoding that is found in it. */
export function decode(source: Variant): readonly Variant[] {
  return decoders.flatMap((decoder) => decoder(source) ?? [])
}
