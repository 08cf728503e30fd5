import type { SentenceKey, Verdict } from '../contracts/guardrails.ts'

export type Checked =
  | { readonly kind: 'pass'; readonly text: string; readonly category: string | undefined }
  | { readonly kind: 'stop'; readonly verdict: 'care' | 'refuse'; readonly category: string; readonly sentence: SentenceKey }

/** Said when a check itself fails. */
const CHECK_FAILED: SentenceKey = 'guardrail.failed'

/** Asks the guardrails about a text and keeps the blanks around it. A check that throws refuses: nothing passes unchecked. */
export async function checkText(check: (text: string) => Promise<Verdict>, text: string): Promise<Checked> {
  const core = text.trim()
  if (core === '') return { kind: 'pass', text, category: undefined }
  const verdict = await ask(check, core)
  switch (verdict.kind) {
    case 'allow':
      return { kind: 'pass', text, category: undefined }
    case 'redact':
      return { kind: 'pass', text: text.replace(core, () => verdict.text), category: verdict.category }
    case 'care':
    case 'refuse':
      return { kind: 'stop', verdict: verdict.kind, category: verdict.category, sentence: verdict.sentence }
  }
}

async function ask(check: (text: string) => Promise<Verdict>, text: string): Promise<Verdict> {
  try {
    return await check(text)
  } catch {
    return { kind: 'refuse', category: 'check-failed', sentence: CHECK_FAILED }
  }
}
