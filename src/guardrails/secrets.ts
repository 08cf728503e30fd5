import type { Finding, RailInput, RailPolicy, Span } from '../contracts/rails.ts'
import { originalSpan } from './variant.ts'
import type { Variant } from './variant.ts'

export type SecretsRail = (variants: readonly Variant[], input: RailInput, policy: RailPolicy) => readonly Finding[]

interface SecretPattern {
  readonly type: 'API_KEY' | 'PRIVATE_KEY' | 'TOKEN' | 'PASSWORD'
  readonly pattern: RegExp
  /** A piece every match contains: without it the pattern is not tried. Empty: always tried. */
  readonly hint: RegExp
}

/** What keys of the large services look like, by their own prefixes; the rest by the word before them. */
const patterns: readonly SecretPattern[] = [
  {
    type: 'PRIVATE_KEY',
    hint: /-----BEGIN/,
    pattern:
      /-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----(?:\s{0,3}Proc-Type:[^\n]{0,80}\n[^\n]{0,80}\n)?[A-Za-z0-9+/=\s:,.()]{0,8000}(?:-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----)?/g,
  },
  { type: 'API_KEY', hint: /A[KS]IA/, pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g },
  { type: 'API_KEY', hint: /sk-/, pattern: /(?<![A-Za-z0-9])sk-(?:ant-|proj-|or-|lf-|svcacct-)?[A-Za-z0-9_-]{20,200}/g },
  {
    type: 'API_KEY',
    hint: /[rs]k_|pk_|whsec_/,
    pattern: /(?<![A-Za-z0-9])(?:[rs]k_(?:live|test)_[A-Za-z0-9]{16,200}|whsec_[A-Za-z0-9+/=]{20,200})/g,
  },
  { type: 'API_KEY', hint: /AIza/, pattern: /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/g },
  {
    type: 'TOKEN',
    hint: /gh[oprsu]_|github_pat_/,
    pattern: /(?<![A-Za-z0-9])(?:gh[oprsu]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255})/g,
  },
  {
    type: 'TOKEN',
    hint: /glpat-|npm_|pypi-|hf_|xox|dop_v1|shpat_|SG\./,
    pattern:
      /(?<![A-Za-z0-9])(?:glpat-[A-Za-z0-9_-]{20,60}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,300}|hf_[A-Za-z0-9]{30,60}|xox[abeprs]-[A-Za-z0-9-]{10,200}|dop_v1_[a-f0-9]{64}|shpat_[a-fA-F0-9]{32}|SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})/g,
  },
  { type: 'TOKEN', hint: /eyJ/, pattern: /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,4000}\.eyJ[A-Za-z0-9_-]{5,4000}\.[A-Za-z0-9_-]{10,2000}/g },
  {
    type: 'TOKEN',
    hint: /sy[tr]_|mct_|MDA/,
    pattern:
      /(?<![A-Za-z0-9])(?:sy[tr]_[A-Za-z0-9+/=]{2,200}_[A-Za-z]{10,40}_[A-Za-z0-9]{6}|mct_[A-Za-z0-9]{20,60}_[A-Za-z0-9]{6}|MDA[A-Za-z0-9_-]{100,400})(?![A-Za-z0-9])/g,
  },
  // a Matrix recovery key: twelve groups of four that begin with Es
  { type: 'PRIVATE_KEY', hint: /Es[A-Za-z0-9]{2} /, pattern: /(?<![A-Za-z0-9])Es[A-Za-z1-9]{2}(?: [A-Za-z1-9]{4}){11}(?![A-Za-z0-9])/g },
  {
    type: 'TOKEN',
    hint: /hooks\.|discord/,
    pattern: /https:\/\/(?:hooks\.slack\.com\/services|discord(?:app)?\.com\/api\/webhooks)\/[A-Za-z0-9/_-]{20,200}/g,
  },
  { type: 'TOKEN', hint: /bearer/i, pattern: /(?<=\bbearer\s)[A-Za-z0-9._~+/-]{20,2000}=*/gi },
  // user:password@host
  { type: 'PASSWORD', hint: /:\/\//, pattern: /(?<=\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{1,80}:)[^\s/:@]{3,120}(?=@)/gi },
  {
    type: 'API_KEY',
    hint: /key|token|secret|schlüssel/i,
    pattern:
      /(?<=\b(?:api|access|secret|auth|client|private|app|account|storage|master)[ _-]?(?:key|token|secret|schlüssel)["']?\s{0,3}(?:[:=]|is|ist)\s{0,3}["']?)(?=[A-Za-z_+/=-]{0,60}\d)[A-Za-z0-9_+/=.-]{12,500}/gi,
  },
]

const passwordCue =
  /(?:pass(?:word|wort|code|phrase)|kennwort|pwd|\bpw\b|\bpin\b|wi-?fi(?: password)?|wlan[- ](?:schlüssel|passwort)|passwd)["']?(?: for [\w .'-]{1,30}?| für [\p{L} .'-]{1,30}?| to [\w .'-]{1,30}?)?\s{0,3}(?:[:=]|\bis\b:?|\bist\b:?|\blautet\b:?)\s{0,3}["'“„`]?(?<value>[^\s"'“”`,]{3,80})/giu
/** Said about a password, not the password. */
const notValues = new Set(
  'not wrong too very the a an my your our his her safe secure strong weak short long good bad correct incorrect invalid required needed expired empty missing important lost forgotten hidden known same different something always never still already also used set saved stored what how where when that this it in on at for to of from and or but no none yes here there nicht falsch zu sehr das der die ein eine mein dein sicher stark schwach kurz lang gut schlecht richtig ungültig nötig abgelaufen leer weg vergessen geheim gleich anders immer nie noch schon auch wichtig'.split(
    ' ',
  ),
)

/**
 * Keys, tokens, private keys and passwords in the plain reading: by the shapes their services give them, or by what is said
 * before them. One finding a type; a match asks for what the policy says for this direction.
 */
export function createSecretsRail(): SecretsRail {
  return (variants, input, policy) => {
    const [plain] = variants
    if (plain === undefined) return []
    const spans = [...findByShape(plain, input.text), ...findPasswords(plain, input.text)]
    const types = [...new Set(spans.map((span) => span.type))]
    return types.map((type) => ({
      rail: 'secrets',
      category: type,
      score: 1,
      variant: plain.name,
      spans: spans.filter((span) => span.type === type),
      action: policy.secrets[input.direction],
    }))
  }
}

function findByShape(plain: Variant, original: string): readonly Span[] {
  return patterns
    .filter(({ hint }) => hint.test(plain.text))
    .flatMap(({ type, pattern }) =>
      [...plain.text.matchAll(pattern)].map(({ 0: hit, index }) => ({ type, ...originalSpan(plain, index, index + hit.length, original) })),
    )
}

function findPasswords(plain: Variant, original: string): readonly Span[] {
  const found: Span[] = []
  for (const { 0: hit, index, groups } of plain.text.matchAll(passwordCue)) {
    const value = (groups?.['value'] ?? '').replace(/[.!?;)]+$/, '')
    const start = index + hit.lastIndexOf(groups?.['value'] ?? '')
    if (value.length < 3 || notValues.has(value.toLowerCase()) || /^[[<{*•]/.test(value)) continue
    found.push({ type: 'PASSWORD', ...originalSpan(plain, start, start + value.length, original) })
  }
  return found
}
