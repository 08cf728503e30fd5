import type { Finding, Span } from '../../contracts/rails.ts'

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
 * Puts `[PHONE_1]` and the like for the spans of the findings (overlapping ones become one). The same words get the same
 * placeholder; one that already stands in the text is never used. Only personal data and secrets can come back.
 */
export function redact(text: string, findings: readonly Finding[]): Redaction {
  const placeholders = new Map<string, string>()
  const byWords = new Map<string, string>()
  const counts = new Map<string, number>()
  let redacted = ''
  let copied = 0
  for (const { span, isReversible } of disjoint(findings)) {
    const words = text.slice(span.start, span.end)
    const key = `${span.type} ${words.toLowerCase().replace(/\s+/g, ' ')}`
    const placeholder = byWords.get(key) ?? nextPlaceholder(span.type, counts, text)
    byWords.set(key, placeholder)
    if (isReversible && !placeholders.has(placeholder)) placeholders.set(placeholder, words)
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

interface Cut {
  readonly span: Span
  readonly isReversible: boolean
}

function disjoint(findings: readonly Finding[]): readonly Cut[] {
  const cuts = findings.flatMap(({ rail, spans }) =>
    spans.map((span): Cut => ({ span, isReversible: rail === 'pii' || rail === 'secrets' })),
  )
  const apart: Cut[] = []
  for (const cut of cuts.toSorted((a, b) => a.span.start - b.span.start || b.span.end - a.span.end)) {
    const last = apart.at(-1)
    if (cut.span.end <= cut.span.start) continue
    if (last !== undefined && cut.span.start < last.span.end) {
      const span = { ...last.span, end: Math.max(last.span.end, cut.span.end) }
      apart[apart.length - 1] = { span, isReversible: last.isReversible && cut.isReversible }
    } else apart.push(cut)
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
