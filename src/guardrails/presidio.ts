import type { Log } from '../contracts/platform.ts'
import type { FindPersonalData, Span } from '../contracts/rails.ts'

export interface PresidioPorts {
  /** Where the analyzer answers; undefined: nobody is asked. Asked anew for each text, so that an edit counts at once. */
  readonly url: () => string | undefined
  readonly log: Pick<Log, 'warn'>
  readonly now: () => number
}

/** A turn waits this long; the rails of our own have answered in a hundredth of it. */
const timeLimitMs = 500
const quietMs = 60_000
/**
 * Names in free text are what rules cannot find. The other types of Presidio are found better here, or mean something else:
 * its LOCATION is any place, its DATE_TIME any time.
 */
const entities = ['PERSON']
/** Presidio's models give names .85, what only looks like one less. */
const scoreThreshold = 0.5

/**
 * Presidio's analyzer (`POST /analyze`). A failure is logged once a minute and finds nothing: the rails of our own always
 * run, so that no text passes unread.
 */
export function createPresidioFinder({ url, log, now }: PresidioPorts): FindPersonalData {
  let quietUntil = Number.NEGATIVE_INFINITY
  return async (text, locale, signal) => {
    const address = url()
    if (address === undefined || text.trim() === '') return []
    try {
      return await analyze({ address, text, language: locale }, AbortSignal.any([signal, AbortSignal.timeout(timeLimitMs)]))
    } catch (error) {
      if (!signal.aborted && now() >= quietUntil) {
        quietUntil = now() + quietMs
        log.warn('presidio-failed', { error: error instanceof Error ? error.name : 'unknown' })
      }
      return []
    }
  }
}

interface Question {
  readonly address: string
  readonly text: string
  readonly language: string
}

/** Throws on everything that is no list of results for this text. */
async function analyze({ address, text, language }: Question, signal: AbortSignal): Promise<readonly Span[]> {
  const answer = await fetch(`${address.replace(/\/+$/, '')}/analyze`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text, language, entities, score_threshold: scoreThreshold }),
    // what people wrote goes where the owner said, and nowhere else
    redirect: 'error',
    signal,
  })
  if (!answer.ok) {
    await answer.body?.cancel()
    throw new PresidioError(`it answered ${String(answer.status)}`)
  }
  const results: unknown = await answer.json()
  if (!Array.isArray(results)) throw new PresidioError('its answer is no list')
  const offsets = codePointOffsets(text)
  return results.map((result: unknown) => toSpan(result, offsets))
}

class PresidioError extends Error {
  override readonly name = 'PresidioError'
}

function toSpan(result: unknown, offsets: readonly number[]): Span {
  if (typeof result !== 'object' || result === null) throw new PresidioError('a result is none')
  const { entity_type: type, start, end } = result as Readonly<Record<string, unknown>>
  const from = typeof start === 'number' ? offsets[start] : undefined
  const until = typeof end === 'number' ? offsets[end] : undefined
  if (typeof type !== 'string' || from === undefined || until === undefined || until <= from) {
    throw new PresidioError('a result does not fit the text')
  }
  return { type, start: from, end: until }
}

/** Presidio counts code points, as Python does: the UTF-16 offset of each, and of the end. */
function codePointOffsets(text: string): readonly number[] {
  const offsets = [0]
  let offset = 0
  for (const character of text) {
    offset += character.length
    offsets.push(offset)
  }
  return offsets
}
