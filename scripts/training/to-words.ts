import { normalise } from '../../src/guardrails/normalise.ts'
import { tokenise } from '../../src/guardrails/tokens.ts'

/** The words of a text as the rails see them in its plain reading. */
export function toWords(text: string): readonly string[] {
  const [plain] = normalise(text)
  return tokenise(plain?.lower ?? '').map(({ word }) => word)
}
