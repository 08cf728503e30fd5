import type { Finding, Span } from '../contracts/rails.ts'

/** What people read instead of something an answer must not hold; understood in every language. */
const struck = '[…]'

/**
 * An answer without what its findings ask to redact. The marks bear no number, since a numbered one could be taken for what the
 * turn hid from the model and be filled with it.
 */
export function strikeOut(text: string, findings: readonly Finding[]): string {
  const spans = findings.filter(({ action }) => action === 'redact').flatMap((finding) => finding.spans)
  let kept = ''
  let at = 0
  for (const { start, end } of spans.toSorted((one, other) => one.start - other.start) satisfies readonly Span[]) {
    if (end <= at) continue
    kept += start >= at ? `${text.slice(at, start)}${struck}` : ''
    at = end
  }
  return kept + text.slice(at)
}
