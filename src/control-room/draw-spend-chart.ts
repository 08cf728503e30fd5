import { createRequire } from 'node:module'
import type { ECharts } from 'echarts/core'
import { drawable, fitText, scaleFor, widthOf, writesScale } from './chart-layout.ts'

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
const MARGIN = 24
const TITLE_SIZE = 26
const NAME_SIZE = 18
const AXIS_SIZE = 17
const AXIS_GAP = 8
const LEGEND_TOP = 64
const LEGEND_LINE = 30
const NAMES_A_LINE = 2
const COLUMN = (WIDTH - 2 * MARGIN) / NAMES_A_LINE
const SWATCH = 22
/** Beside a swatch and between two columns. */
const GAP = 16
/** Told apart also by people who do not see red and green as different: Okabe and Ito, Color Universal Design, 2008; grey for the rest. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#000000', '#999999']
const FONT = 'DejaVu Sans'
const TEXT = { fontFamily: FONT, color: '#222222' }

/**
 * A PNG of a chart on a light ground, readable on a phone in either theme. The drawing libraries are loaded with the first chart, and
 * those parts of them only that it needs: an instance without charts pays for none. More series than nine repeat their colours.
 */
export async function drawSpendChart(chart: SpendChart): Promise<SpendPicture> {
  const [{ init, use }, { SVGRenderer }, { renderAsync }] = await Promise.all([
    import('echarts/core'),
    import('echarts/renderers'),
    import('@resvg/resvg-js'),
    // whole `echarts/charts` and `echarts/components` would take twice the memory
    import('echarts/lib/chart/bar.js'),
    import('echarts/lib/component/gridSimple.js'),
    import('echarts/lib/component/legendPlain.js'),
    import('echarts/lib/component/title.js'),
  ])
  use(SVGRenderer)
  const drawn = init(null, undefined, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT })
  try {
    drawn.setOption(optionsOf(chart))
    const font = { loadSystemFonts: false, fontFiles: fontFiles(), defaultFontFamily: FONT, sansSerifFamily: FONT }
    // away from the thread in which conversations run
    const image = await renderAsync(drawn.renderToSVGString(), { font })
    return { png: image.asPng(), width: image.width, height: image.height }
  } finally {
    drawn.dispose()
  }
}

function optionsOf({ title, bars, series, locale }: SpendChart): Parameters<ECharts['setOption']>[0] {
  const scale = scaleFor(Math.max(0, ...bars.map((_, bar) => series.reduce((sum, { values }) => sum + (values[bar] ?? 0), 0))))
  const money = writesScale(scale, locale)
  return {
    animation: false,
    backgroundColor: '#ffffff',
    color: COLOURS,
    title: {
      text: fitText(drawable(title), WIDTH - 2 * MARGIN, TITLE_SIZE, 'bold'),
      left: MARGIN,
      top: 18,
      padding: 0,
      textStyle: { ...TEXT, fontSize: TITLE_SIZE, fontWeight: 'bold' },
    },
    legend: series.map(({ name }, index) => legendOf(name, index)),
    grid: {
      top: LEGEND_TOP + 22 + Math.ceil(series.length / NAMES_A_LINE) * LEGEND_LINE,
      left: MARGIN + AXIS_GAP + Math.max(widthOf(money(scale.maximum), AXIS_SIZE), widthOf(money(0), AXIS_SIZE)),
      right: MARGIN,
      bottom: 50,
      outerBoundsMode: 'none',
    },
    xAxis: {
      type: 'category',
      data: bars.map(drawable),
      axisTick: { show: false },
      axisLabel: { ...TEXT, fontSize: AXIS_SIZE, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: scale.maximum,
      interval: scale.step,
      axisLabel: { ...TEXT, fontSize: AXIS_SIZE, margin: AXIS_GAP, formatter: money },
      splitLine: { lineStyle: { color: '#dddddd' } },
    },
    series: series.map(({ values }, index) => ({ type: 'bar', stack: 'all', name: String(index), data: [...values], barMaxWidth: 90 })),
  }
}

/** A legend for each series: one for all would let wide names run into each other, since no browser measures them. */
function legendOf(name: string, index: number): object {
  return {
    // series go by their number, so that two whose names look alike stay two
    data: [String(index)],
    formatter: () => fitText(drawable(name), COLUMN - SWATCH - 2 * GAP, NAME_SIZE),
    left: MARGIN + (index % NAMES_A_LINE) * COLUMN,
    top: LEGEND_TOP + Math.floor(index / NAMES_A_LINE) * LEGEND_LINE,
    padding: 0,
    itemWidth: SWATCH,
    itemHeight: 14,
    textStyle: { ...TEXT, fontSize: NAME_SIZE },
  }
}

function fontFiles(): string[] {
  const { resolve } = createRequire(import.meta.url)
  return ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => resolve(`dejavu-fonts-ttf/ttf/${file}`))
}
