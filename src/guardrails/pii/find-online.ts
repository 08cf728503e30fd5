import { rememberKinds } from '../character-kinds.ts'
import type { PiiMatch } from './pii-match.ts'

/** Octets of the part before the @ (RFC 5321). */
const longestLocalPart = 64
const mailHost = /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.){1,6}\p{L}{2,24}(?![\p{L}\p{N}-])/uy
const spelledMail =
  /(?<![\p{L}\p{N}])[\p{L}\p{N}][\p{L}\p{N}._-]{0,40} ?(?:\(at\)|\[at\]|\{at\}| at ) ?[\p{L}\p{N}-]{2,40} ?(?:\(dot\)|\[dot\]|\{dot\}| dot | punkt |\.) ?(?:com|net|org|de|at|ch|uk|eu|fr|io|edu)(?![\p{L}\p{N}])/giu

/** E-mail addresses, also spelled `name (at) host dot com`. */
export function findEmails(text: string): readonly PiiMatch[] {
  const found: PiiMatch[] = []
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const start = localPartStart(text, at)
    if (start === at) continue
    mailHost.lastIndex = at + 1
    const host = mailHost.exec(text)
    if (host !== null) found.push({ type: 'EMAIL_ADDRESS', start, end: at + 1 + host[0].length, score: 1 })
  }
  if (/\b(?:at|dot)\b/i.test(text)) {
    for (const { 0: hit, index } of text.matchAll(spelledMail)) {
      // "look at example.com" is no address
      if (/[([{]at|dot|punkt/i.test(hit)) found.push({ type: 'EMAIL_ADDRESS', start: index, end: index + hit.length, score: 0.8 })
    }
  }
  return found
}

/** Where the part before this @ begins; it begins with a letter or digit. */
function localPartStart(text: string, at: number): number {
  let start = at
  let begin = at
  while (start > 0 && at - start < longestLocalPart) {
    const kind = localKind(text.charCodeAt(start - 1))
    if (kind === outside) break
    start -= 1
    if (kind === letterOrDigit) begin = start
  }
  return begin
}

const outside = 1
const mark = 2
const letterOrDigit = 3
const localKind = rememberKinds((one) => (/[\p{L}\p{N}]/u.test(one) ? letterOrDigit : /[._%+'-]/.test(one) ? mark : outside))

const address = /(?:\bhttps?:\/\/|\bwww\.)[^\s<>"'`{}|\\^]{2,2000}/gi
const trailing = /[.,;:!?)\]]+$/
/** Endings that no file, word or abbreviation has; the others count only with a path or `www.`. */
const bareHost =
  /(?<![\p{L}\p{N}@./_-])(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,5}(?:com|net|org|edu|gov|io|dev|app|info|biz|co\.uk|org\.uk|com\.au|co\.nz|com\.br|de|ch|fr|nl|se|dk|fi|pl|cz|hu|eu|ca|tv|shop|online|site|xyz)(?![\p{L}\p{N}_-]|\.\p{L})(?:\/[^\s<>"'`{}|\\^]{0,2000})?/giu
/** Everybody's sites: naming one tells nothing of a person. */
const publicSites =
  /^(?:[a-z]{2,3}\.)?(?:amazon|google|youtube|wikipedia|facebook|instagram|tiktok|twitter|x|reddit|netflix|ebay|github|roblox|minecraft|microsoft|apple|openai|anthropic|example|ask|yahoo|bbc|cnn)\.(?:com|org|net|de|co\.uk)$/i
const fileLike = /^(?:node|next|vue|react|angular|asp|socket|d3|three)\.(?:js|net|io)$/i

/** Web addresses: with scheme or `www.` they are URL, a bare host with a known ending is DOMAIN_NAME. */
export function findWebAddresses(text: string): readonly PiiMatch[] {
  const found: PiiMatch[] = []
  for (const { 0: hit, index } of text.matchAll(address)) {
    const end = index + hit.replace(trailing, '').length
    if (/\.[^.\s]{2,}/.test(hit) || /localhost|:\d/.test(hit)) found.push({ type: 'URL', start: index, end, score: 1 })
  }
  if (!text.includes('.')) return found
  for (const { 0: hit, index } of text.matchAll(bareHost)) {
    if (!fileLike.test(hit) && !publicSites.test(hit))
      found.push({ type: 'DOMAIN_NAME', start: index, end: index + hit.replace(trailing, '').length, score: 0.9 })
  }
  return found
}
