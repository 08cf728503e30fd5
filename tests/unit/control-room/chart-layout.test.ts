import { createRequire } from 'node:module'
import { Resvg } from '@resvg/resvg-js'
import { describe, expect, it } from 'vitest'
import { fitText, scaleFor, widthOf, writesScale } from '../../../src/control-room/chart-layout.ts'

const { resolve } = createRequire(import.meta.url)
const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => resolve(`dejavu-fonts-ttf/ttf/${file}`))

/** What the picture will really need. */
function drawnWidth(text: string, weight: 'normal' | 'bold'): number {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="4000" height="60"><text y="40" font-size="20" font-weight="${weight}">${text}</text></svg>`
  return new Resvg(svg, { font: { loadSystemFonts: false, fontFiles, defaultFontFamily: 'DejaVu Sans' } }).getBBox()?.width ?? 0
}

describe('the money axis', () => {
  it.each<readonly [number, string, readonly string[]]>([
    [120_000_000, 'en', ['$0.00', '$0.05', '$0.10', '$0.15']],
    [107_000, 'de', ['0,00000 $', '0,00005 $', '0,00010 $', '0,00015 $']],
    [7_000_000, 'en', ['$0.000', '$0.002', '$0.004', '$0.006', '$0.008']],
    [4_200_000_000, 'en', ['$0', '$1', '$2', '$3', '$4', '$5']],
    [2, 'en', ['$0.000000000', '$0.000000001', '$0.000000002']],
    [0, 'en', ['$0.00', '$0.01', '$0.02', '$0.03', '$0.04', '$0.05']],
  ])('up to %d nano-USD in %s has round lines, all written alike', (highest, locale, expected) => {
    const scale = scaleFor(highest)
    const lines = Array.from({ length: Math.round(scale.maximum / scale.step) + 1 }, (_, line) => line * scale.step)
    expect(lines.map(writesScale(scale, locale)).map((line) => line.replace('\u00A0', ' '))).toEqual(expected)
  })

  it('reaches the highest bar in few steps, whatever the amount', () => {
    for (let highest = 1; highest < 1e18; highest *= 1.37) {
      const { maximum, step } = scaleFor(Math.round(highest))
      expect(maximum).toBeGreaterThanOrEqual(Math.round(highest))
      expect(maximum / step).toBeLessThanOrEqual(5)
      expect(Number.isInteger(step)).toBe(true)
    }
  })
})

describe('the width of a text', () => {
  it.each([
    'Mia · anthropic/claude-sonnet-4-5',
    'checks of answers · judge',
    'Überprüfung größer · schön',
    '$1,000,000',
    'WWWWMMMM',
    'mmmwww',
    'iiilll...',
    'fifrtt',
    '0123456789',
    'Щука · модель',
  ])('%s is never narrower than drawn, and not much wider', (text) => {
    for (const weight of ['normal', 'bold'] as const) {
      const ratio = widthOf(text, 20, weight) / drawnWidth(text, weight)
      expect(ratio).toBeGreaterThanOrEqual(1)
      expect(ratio).toBeLessThan(1.7)
    }
  })
})

describe('a text that must fit', () => {
  it('stays as it is where it does', () => {
    expect(fitText('Mia · smart', 400, 18)).toBe('Mia · smart')
  })

  it('keeps its beginning and its end', () => {
    const short = fitText(`Maximiliane · ${'provider/'.repeat(20)}model-large`, 300, 18)
    expect(short).toMatch(/^Maximil.*….*large$/u)
    expect(widthOf(short, 18)).toBeLessThanOrEqual(300)
  })

  it('breaks no character in two', () => {
    expect(fitText('𝔘'.repeat(50), 200, 18).isWellFormed()).toBe(true)
  })
})
