import { expect, test } from 'vitest'
import { drawSpendChart, type SpendChart } from '../../../src/control-room/draw-spend-chart.ts'
import { readPixels } from './read-pixels.ts'

const days = (count: number): readonly string[] => Array.from({ length: count }, (_, day) => String(day + 1))
const series = (count: number, bars: number, value: (bar: number) => number): SpendChart['series'] =>
  Array.from({ length: count }, (_, one) => ({
    name: `Member ${String(one)} · provider/model`,
    values: days(bars).map((_day, bar) => value(bar)),
  }))

test.each<readonly [string, SpendChart]>([
  ['a single bar', { title: 'Spend today', bars: ['09:00'], series: series(1, 1, () => 1_000_000), locale: 'en' }],
  [
    'a month of nine series',
    { title: 'Ausgaben in diesem Monat', bars: days(31), series: series(9, 31, (bar) => bar * 1e8), locale: 'de' },
  ],
  ['nothing at all', { title: 'Spend this week', bars: days(7), series: [], locale: 'en' }],
  [
    'amounts of a nano-dollar and of thousands',
    { title: 'Spend', bars: days(2), series: series(1, 2, (bar) => (bar === 0 ? 1 : 5e12)), locale: 'en' },
  ],
  [
    'long names and signs of markup',
    {
      title: '<b>&amp;</b> "title"',
      bars: ['<i>'],
      series: [
        { name: '🧒'.repeat(80), values: [1e6] },
        { name: '</svg>&', values: [2e6] },
        { name: 'a\u0000b\u0007\uD800', values: [3e6] },
      ],
      locale: 'en',
    },
  ],
])('draws %s as a PNG of its size, small enough for a phone', async (_what, chart) => {
  const { png, width, height } = await drawSpendChart(chart)
  const bytes = Buffer.from(png)
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\u0089PNG\r\n\u001A\n')
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([width, height])
  expect(bytes.length).toBeLessThan(100_000)
})

test('two charts of the same figures are the same picture, and others are not', async () => {
  const chart: SpendChart = { title: 'Spend', bars: days(3), series: series(2, 3, (bar) => bar * 1e6), locale: 'en' }
  const [one, same, other] = await Promise.all([
    drawSpendChart(chart),
    drawSpendChart(chart),
    drawSpendChart({ ...chart, series: series(2, 3, () => 1e6) }),
  ])
  expect(Buffer.from(one.png).equals(Buffer.from(same.png))).toBe(true)
  expect(Buffer.from(one.png).equals(Buffer.from(other.png))).toBe(false)
})

const BLUE = '0072b2'
const ORANGE = 'e69f00'
const WHITE = 'ffffff'

test('two series whose names begin alike, or are the same, stay two', async () => {
  const values = [5e7, 5e7]
  const model = 'a-provider-of-many-models/a-family-of-models-with-a-long-name'
  for (const [one, other] of [
    [`Maximiliane · ${model}-large`, `Maximiliane · ${model}-small`],
    ['Mia · smart', 'Mia · smart'],
  ] as const) {
    const { png } = await drawSpendChart({
      title: 'Spend',
      bars: days(2),
      series: [
        { name: one, values },
        { name: other, values },
      ],
      locale: 'en',
    })
    const { count } = readPixels(png)
    // equal amounts, equal areas
    expect(count(BLUE)).toBeGreaterThan(5_000)
    expect(count(ORANGE) / count(BLUE)).toBeCloseTo(1, 1)
  }
})

test.each(['W', 'm', 'i', '·', 'Ж', '漢', '🧒'])('names and titles of nothing but %s stay in their place', async (one) => {
  const name = one.repeat(120)
  const { png, width } = await drawSpendChart({
    title: name,
    bars: days(1),
    series: [
      { name, values: [1e6] },
      { name, values: [1e6] },
    ],
    locale: 'en',
  })
  const { colourAt } = readPixels(png)
  const isBlank = (from: number, to: number, top: number, bottom: number): boolean =>
    Array.from({ length: (to - from) * (bottom - top) }, (_, at) =>
      colourAt(from + (at % (to - from)), top + Math.floor(at / (to - from))),
    ).every((colour) => colour === WHITE)
  // the edge at the right, the line between title and names, the gap before the second column
  expect(isBlank(width - 20, width, 0, 90)).toBe(true)
  expect(isBlank(0, width, 54, 60)).toBe(true)
  expect(isBlank(width / 2 - 8, width / 2, 60, 90)).toBe(true)
})

test('a chart of nothing has its lines and no bars', async () => {
  const zero = { title: 'Spend', bars: days(7), series: series(1, 7, () => 0), locale: 'en' }
  const { count } = readPixels((await drawSpendChart(zero)).png)
  const { count: countOne } = readPixels((await drawSpendChart({ ...zero, series: series(1, 7, () => 1e6) })).png)
  expect(count('dddddd')).toBeGreaterThan(3_000)
  // the swatch of the name alone
  expect(count(BLUE)).toBeLessThan(400)
  expect(countOne(BLUE)).toBeGreaterThan(50_000)
})
