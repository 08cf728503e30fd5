import { createRequire } from 'node:module'
import type { ECharts } from 'echarts/core'
import { moneyInWords } from '../conversation/hold-back.ts'

/** Bars over time, stacked by series. */
export interface SpendChart {
  readonly title: string
  /** Below the bars. */
  readonly bars: readonly string[]
  /** Integer nano-USD, one for each bar. */
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[]
  readonly locale: string
}

export interface SpendPicture {
  readonly png: Uint8Array
  readonly width: number
  readonly height: number
}

/** Twice what a phone shows across, so that it stays sharp. */
const WIDTH = 1000
const HEIGHT = 620
const LONGEST_NAME = 34
const LEGEND_LINE = 30
const NAMES_A_LINE = 2
/** Told apart also by people who do not see red and green as different: Okabe and Ito, Color Universal Design, 2008; grey for the rest. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#000000', '#999999']
const FONT = 'DejaVu Sans'

/**
 * A PNG of a chart on a light ground, readable on a phone in either theme. The drawing libraries are loaded with the first chart, some
 * 50 MB that an instance without charts never needs.
 */
export async function drawSpendChart(chart: SpendChart): Promise<SpendPicture> {
  const [{ init, use }, { BarChart }, components, { SVGRenderer }, { Resvg }] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
    import('@resvg/resvg-js'),
  ])
  use([BarChart, components.GridComponent, components.LegendComponent, components.TitleComponent, SVGRenderer])
  const drawn = init(null, undefined, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT })
  try {
    drawn.setOption(optionsOf(chart))
    const font = { loadSystemFonts: false, fontFiles: fontFiles(), defaultFontFamily: FONT, sansSerifFamily: FONT }
    const image = new Resvg(drawn.renderToSVGString(), { font }).render()
    return { png: image.asPng(), width: image.width, height: image.height }
  } finally {
    drawn.dispose()
  }
}

function optionsOf({ title, bars, series, locale }: SpendChart): Parameters<ECharts['setOption']>[0] {
  const legendLines = Math.ceil(series.length / NAMES_A_LINE)
  const text = { fontFamily: FONT, color: '#222222' }
  return {
    animation: false,
    backgroundColor: '#ffffff',
    color: COLOURS,
    title: { text: title, left: 24, top: 18, textStyle: { ...text, fontSize: 26 } },
    legend: {
      top: 64,
      left: 24,
      right: 24,
      itemWidth: 22,
      itemHeight: 14,
      itemGap: 18,
      textStyle: { ...text, fontSize: 18, width: (WIDTH - 220) / NAMES_A_LINE, overflow: 'truncate', padding: [0, 20, 0, 0] },
      data: series.map(({ name }) => shorten(name)),
    },
    grid: {
      top: 84 + legendLines * LEGEND_LINE,
      left: 24,
      right: 28,
      bottom: 20,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    xAxis: { type: 'category', data: [...bars], axisTick: { show: false }, axisLabel: { ...text, fontSize: 17, hideOverlap: true } },
    yAxis: {
      type: 'value',
      min: 0,
      axisLabel: { ...text, fontSize: 17, formatter: (value: number) => moneyInWords(value, locale) },
      splitLine: { lineStyle: { color: '#dddddd' } },
    },
    series: series.map(({ name, values }) => ({ type: 'bar', stack: 'all', name: shorten(name), data: [...values], barMaxWidth: 90 })),
  }
}

function shorten(name: string): string {
  const characters = [...new Intl.Segmenter().segment(name)].map(({ segment }) => segment)
  return characters.length > LONGEST_NAME ? `${characters.slice(0, LONGEST_NAME - 1).join('')}…` : name
}

function fontFiles(): string[] {
  const { resolve } = createRequire(import.meta.url)
  return ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => resolve(`dejavu-fonts-ttf/ttf/${file}`))
}
