import type { RailStop, TurnRails } from '../contracts/guardrails.ts'
import type { CrashPoints } from '../contracts/platform.ts'
import { checkText } from './check-text.ts'
import type { Clock } from './clock.ts'
import { createUnitSplitter, type UnitSplitter } from './units.ts'

export interface GrowingAnswerPorts {
  readonly crashPoints: CrashPoints
  readonly clock: Pick<Clock, 'now'>
}

export interface GrowingAnswerOptions {
  readonly rails: Pick<TurnRails, 'checkOutput'>
  /** Released unit by unit; otherwise the whole answer is one unit, and strict rooms judge each sentence with what surrounds it. */
  readonly isStreamed: boolean
  /** Called once when the guardrails stop the answer: nothing more is released. */
  readonly onStop: () => void
}

/** The text of one model call: what arrived, and how much of it has passed the guardrails, in its order. */
export class GrowingAnswer {
  readonly #ports: GrowingAnswerPorts
  readonly #options: GrowingAnswerOptions
  readonly #splitter: UnitSplitter
  readonly #ended = new AbortController()
  #change = Promise.withResolvers<void>()
  #checks = Promise.resolve()
  #released = ''
  #received = ''
  #stop: RailStop | undefined
  #firstTextAt: number | undefined

  constructor(ports: GrowingAnswerPorts, options: GrowingAnswerOptions) {
    this.#ports = ports
    this.#options = options
    this.#splitter = options.isStreamed ? createUnitSplitter() : createWholeAnswer()
  }

  get released(): string {
    return this.#released
  }

  get received(): string {
    return this.#received
  }

  get stop(): RailStop | undefined {
    return this.#stop
  }

  get firstTextAt(): number | undefined {
    return this.#firstTextAt
  }

  /** Aborts when nothing more arrives. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Resolves at the next change. */
  changed(): Promise<void> {
    return this.#change.promise
  }

  receive(text: string): void {
    if (this.#firstTextAt === undefined) {
      this.#firstTextAt = this.#ports.clock.now()
      this.#ports.crashPoints.reach('model.first-text')
      this.#tell()
    }
    this.#received += text
    this.#check(this.#splitter.push(text))
  }

  /** Resolves when everything that arrived is checked. */
  finish(): Promise<void> {
    this.#check(this.#splitter.end())
    return this.#checks
  }

  close(): void {
    this.#ended.abort()
    this.#tell()
  }

  #check(units: readonly string[]): void {
    for (const unit of units) this.#checks = this.#checks.then(() => this.#release(unit))
  }

  async #release(unit: string): Promise<void> {
    if (this.#stop !== undefined) return
    const { rails, onStop } = this.#options
    const checked = await checkText((text) => rails.checkOutput(text, this.#released), unit)
    if (checked.kind === 'pass') this.#released += checked.text
    else {
      this.#stop = checked
      onStop()
    }
    this.#tell()
  }

  #tell(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers<void>()
  }
}

function createWholeAnswer(): UnitSplitter {
  let whole = ''
  return {
    push(text) {
      whole += text
      return []
    },
    end: () => (whole === '' ? [] : [whole]),
  }
}
