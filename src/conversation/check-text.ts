import type { RailOutcome, RailStop } from '../contracts/guardrails.ts'

/** When a check itself fails: nobody knows what the text holds, so it does not pass. */
export const CHECK_FAILED: RailStop = {
  kind: 'stop',
  direction: 'in',
  action: 'refuse',
  rail: undefined,
  category: 'check-failed',
  sentence: 'guardrail.failed',
  helpLines: [],
  incident: undefined,
  mayAskParent: false,
}

/** Asks the guardrails about a text and keeps the blanks around it. A check that throws refuses: nothing passes unchecked. */
export async function checkText(check: (text: string) => Promise<RailOutcome>, text: string): Promise<RailOutcome> {
  const core = text.trim()
  if (core === '') return { kind: 'pass', text }
  try {
    const outcome = await check(core)
    return outcome.kind === 'pass' ? { kind: 'pass', text: text.replace(core, () => outcome.text) } : outcome
  } catch {
    return CHECK_FAILED
  }
}
