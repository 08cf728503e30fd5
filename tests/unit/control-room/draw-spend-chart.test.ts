import { expect, test } from 'vitest'
import { drawSpendChart, type SpendChart } from '../../../src/control-room/draw-spend-chart.ts'

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
