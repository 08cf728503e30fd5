import type { Span } from '../../contracts/rails.ts'

const shortNames: Readonly<Record<string, string>> = {
  EMAIL_ADDRESS: 'EMAIL',
  DOMAIN_NAME: 'SITE',
  IBAN_CODE: 'IBAN',
  IP_ADDRESS: 'IP',
  US_SSN: 'SSN',
  CREDIT_CARD: 'CARD',
  PHONE_NUMBER: 'PHONE',
  LOCATION: 'ADDRESS',
  ZIP_CODE: 'POSTCODE',
  DATE_TIME: 'DATE',
  PERSON: 'NAME',
}

export interface Redaction {
  readonly text: string
  /** Placeholder -> what it stands for. */
  readonly placeholders: ReadonlyMap<string, string>
}

/**
 * Puts `[PHONE_1]` and the like for the spans (of the text as it was given; overlapping ones become one). The same words
 * get the same placeholder; one that already stands in the text is never used.
 */
export function redact(text: string, spans: readonly Span[]): Redaction {
  const placeholders = new Map<string, string>()
  const byWords = new Map<string, string>()
  const counts = new Map<string, number>()
  let redacted = ''
  let copied = 0
  for (const span of disjoint(spans)) {
    const words = text.slice(span.start, span.end)
    const key = `${span.type} ${words.toLowerCase().replace(/\s+/g, ' ')}`
    const placeholder = byWords.get(key) ?? nextPlaceholder(span.type, counts, text)
    byWords.set(key, placeholder)
    if (!placeholders.has(placeholder)) placeholders.set(placeholder, words)
    redacted += text.slice(copied, span.start) + placeholder
    copied = span.end
  }
  return { text: redacted + text.slice(copied), placeholders }
}

function nextPlaceholder(type: string, counts: Map<string, number>, text: string): string {
  const name = shortNames[type] ?? type.replace(/[^A-Z0-9]+/gi, '_').toUpperCase()
  for (;;) {
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    const placeholder = `[${name}_${String(count)}]`
    if (!text.includes(placeholder)) return placeholder
  }
}

function disjoint(spans: readonly Span[]): readonly Span[] {
  const apart: Span[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = apart.at(-1)
    if (span.end <= span.start) continue
    if (last !== undefined && span.start < last.end) apart[apart.length - 1] = { ...last, end: Math.max(last.end, span.end) }
    else apart.push(span)
  }
  return apart
}

const placeholderLike = /\\?\[([A-Z][A-Z_]{1,20}_\d{1,4})\\?\]/gi

/**
 * Puts back what the placeholders stand for in a reply; in other case or with escaped brackets they are known as well.
 * What stands in no map stays as it is.
 */
export function restorePlaceholders(reply: string, placeholders: ReadonlyMap<string, string>): string {
  if (placeholders.size === 0) return reply
  return reply.replace(placeholderLike, (found, name: string) => placeholders.get(`[${name.toUpperCase()}]`) ?? found)
}
