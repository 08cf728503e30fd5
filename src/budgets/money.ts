/** The ledger counts in integer nano-USD. */
export const NANO_USD = 1_000_000_000

/** Nano-USD in dollars, with as many digits as tell something. */
export function moneyInWords(nanoUsd: number, locale: string): string {
  const usd = nanoUsd / NANO_USD
  const digits = usd !== 0 && Math.abs(usd) < 0.1 ? { maximumSignificantDigits: 2 } : { minimumFractionDigits: 2, maximumFractionDigits: 2 }
  return new Intl.NumberFormat(locale === 'de' ? 'de-DE' : 'en-US', { style: 'currency', currency: 'USD', ...digits }).format(usd)
}
