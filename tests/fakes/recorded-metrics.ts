import type { CallMetric, Metrics, StopMetric, TurnMetric } from '../../src/contracts/metrics.ts'

/** Keeps what was counted. */
export class RecordedMetrics implements Metrics {
  readonly turns: TurnMetric[] = []
  readonly calls: CallMetric[] = []
  readonly stops: StopMetric[] = []
  refusedOrders = 0

  turn(metric: TurnMetric): void {
    this.turns.push(metric)
  }

  call(metric: CallMetric): void {
    this.calls.push(metric)
  }

  stopped(metric: StopMetric): void {
    this.stops.push(metric)
  }

  refusedOrder(): void {
    this.refusedOrders += 1
  }
}
