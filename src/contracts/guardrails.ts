import type { Locale, Tier } from './household.ts'

/** Key of a sentence in `config/sentences/`. */
export type SentenceKey = string

export type Verdict =
  | { readonly kind: 'allow' }
  | { readonly kind: 'redact'; readonly text: string; readonly category: string }
  | { readonly kind: 'care'; readonly category: string; readonly sentence: SentenceKey }
  | { readonly kind: 'refuse'; readonly category: string; readonly sentence: SentenceKey }

export interface GuardrailInput {
  readonly tier: Tier
  readonly locale: Locale
  readonly text: string
}

/** The rails around the model. A throw means refuse: callers must not let text pass when a check fails. */
export interface Guardrails {
  checkInput(input: GuardrailInput): Promise<Verdict>
  /** `text` is a checked unit (adults, streamed) or the whole answer. */
  checkOutput(input: GuardrailInput): Promise<Verdict>
}
