import type { Action, Finding, RailVerdict } from '../contracts/rails.ts'
import { careCategories } from './kid-categories.ts'
import { redact } from './pii/redaction.ts'

const precedence: Readonly<Record<Action, number>> = { allow: 0, redact: 1, 'ask-judge': 2, care: 3, refuse: 4 }
const careFirst = 5

/**
 * One verdict of all findings. Refuse outranks care, care the judge, the judge redaction; but where self-harm, grooming or
 * harm at home is found, or is even possible beside a refusal, the verdict is care. What is to be redacted is redacted
 * whatever the action; only personal data and secrets come back in the reply.
 */
export function toVerdict(text: string, findings: readonly Finding[]): RailVerdict {
  const deciding = findDeciding(findings)
  const toRedact = findings.filter((finding) => finding.action === 'redact')
  const redaction = toRedact.length > 0 ? redact(text, toRedact) : undefined
  return {
    action: deciding?.action ?? 'allow',
    rail: deciding?.rail,
    category: deciding?.category,
    score: deciding?.score ?? 0,
    redacted: redaction?.text,
    placeholders: redaction?.placeholders ?? new Map(),
    findings,
  }
}

function findDeciding(findings: readonly Finding[]): Finding | undefined {
  const refuses = findings.some((finding) => finding.action === 'refuse')
  let deciding: Finding | undefined
  for (const given of findings) {
    const isPossibleCare = refuses && given.action === 'ask-judge' && careCategories.has(given.category)
    const finding: Finding = isPossibleCare ? { ...given, action: 'care' } : given
    if (finding.action === 'allow') continue
    const difference = rank(finding) - (deciding ? rank(deciding) : 0)
    if (difference > 0 || (difference === 0 && deciding && finding.score > deciding.score)) deciding = finding
  }
  return deciding
}

function rank(finding: Finding): number {
  return finding.action === 'care' && careCategories.has(finding.category) ? careFirst : precedence[finding.action]
}
