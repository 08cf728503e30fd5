/** Expected failure is a value; surprise is a throw. */
export type Result<Value, Failure> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: Failure }

/** A failure a person can act on: `code` is closed per caller, `sentence` is complete and names the cure. */
export interface Fault<Code extends string = string> {
  readonly code: Code
  readonly sentence: string
}
