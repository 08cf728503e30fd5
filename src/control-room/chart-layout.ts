import { NANO_USD } from '../budgets/money.ts'

/** The numbers of a money axis, nano-USD: from 0 to `maximum`, a line at each `step`. */
export interface MoneyScale {
  readonly maximum: number
  readonly step: number
}

const STEPS = 5
const EMPTY_SCALE: MoneyScale = { maximum: NANO_USD / 20, step: NANO_USD / 100 }

/** Round steps that reach the highest bar; up to five cents where there is none, so that nothing looks like nothing. */
export function scaleFor(highestNanoUsd: number): MoneyScale {
  if (highestNanoUsd <= 0) return EMPTY_SCALE
  const rough = highestNanoUsd / STEPS
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5].find((one) => one * power >= rough) ?? 10
  // money is counted in whole nano-dollars
  const step = Math.max(1, Math.round(factor * power))
  return { step, maximum: Math.ceil(highestNanoUsd / step) * step }
}

/** Writes nano-USD with the digits that tell one line of the scale from the next: the same for all of them. */
export function writesScale({ step }: MoneyScale, locale: string): (nanoUsd: number) => string {
  const digits = step >= NANO_USD ? 0 : Math.max(2, Math.ceil(Math.log10(NANO_USD / step)))
  const format = new Intl.NumberFormat(locale === 'de' ? 'de-DE' : 'en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  return (nanoUsd) => format.format(nanoUsd / NANO_USD)
}

/** Without what the font has no sign for or XML cannot hold: control characters, halves of characters, emoji. */
export function drawable(text: string): string {
  return text.replace(/[\p{C}\p{Extended_Pictographic}\u{FE0F}]/gu, '').trim()
}

/** Widths of DejaVu Sans in its size, at the wider end of each kind; bold is an eighth wider. */
const WIDTHS: readonly (readonly [kind: RegExp, width: number])[] = [
  [/[ijlI.,:;|'!/ ·()[\]-]/u, 0.4],
  [/[frt]/u, 0.42],
  [/[mwMW%@+=<>~#&…]/u, 1],
  [/[A-Z]/u, 0.79],
  [/[\u{20}-\u{24F}]/u, 0.64],
]
const WIDEST = 1.1
const BOLD = 1.125

/** Pixels that a text in DejaVu Sans may need, rather too many than too few. */
export function widthOf(text: string, sizePx: number, weight: 'normal' | 'bold' = 'normal'): number {
  const ems = Array.from(text, (one) => WIDTHS.find(([kind]) => kind.test(one))?.[1] ?? WIDEST)
  return sizePx * (weight === 'bold' ? BOLD : 1) * ems.reduce((sum, em) => sum + em, 0)
}

/** The text, or as much of its beginning and end as fits: names of models differ at the end. */
export function fitText(text: string, maxPx: number, sizePx: number, weight: 'normal' | 'bold' = 'normal'): string {
  const characters = Array.from(text)
  const fits = (candidate: string): boolean => widthOf(candidate, sizePx, weight) <= maxPx
  // even of the narrowest no more would fit
  const most = Math.min(characters.length, Math.ceil(maxPx / (0.4 * sizePx)))
  if (most === characters.length && fits(text)) return text
  for (let kept = Math.min(most, characters.length - 1); kept > 0; kept -= 1) {
    const head = Math.ceil(kept / 2)
    const shorter = `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (kept - head)).join('')}`
    if (fits(shorter)) return shorter
  }
  return '…'
}
