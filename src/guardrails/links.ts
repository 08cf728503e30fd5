import type { Span } from '../contracts/rails.ts'

const link =
  /(?:https?:\/\/|www\.)([a-z0-9.-]{1,253})[^\s)\]>"']{0,2000}|\b([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}\.(?:com|net|org|io|de|at|ch|gg|tv|me|app|xyz|info|co|uk|eu|fun|live|online|site))\b(?:\/[^\s)\]>"']{0,2000})?/gi

/** Where a text links to a host that is neither on the list nor under one that is. */
export function findForbiddenLinks(text: string, allowedHosts: ReadonlySet<string>): readonly Span[] {
  return [...text.matchAll(link)]
    .filter((match) => !isAllowed((match[1] ?? match[2] ?? '').toLowerCase(), allowedHosts))
    .map((match) => ({ type: 'URL', start: match.index, end: match.index + match[0].length }))
}

function isAllowed(host: string, allowedHosts: ReadonlySet<string>): boolean {
  const parts = host.split('.')
  return parts.some((_, index) => allowedHosts.has(parts.slice(index).join('.')))
}
