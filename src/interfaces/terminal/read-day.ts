/** The first moment of a day like 2026-11-25, UTC; undefined if no calendar has it. */
export function readDay(text: string): number | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  // the 30th of February would be taken for the 2nd of March
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(text) ? undefined : at
}
