import type { Metrics } from '../contracts/metrics.ts'
import type { Log } from '../contracts/platform.ts'
import type { EndedTurn } from './answer.ts'
import { describeError } from './apologise.ts'
import type { Clock } from './clock.ts'
import type { Turn } from './turn.ts'

/** Writes a turn's trace and its one log line. Never throws: the reply is committed, whatever becomes of its trace. */
export async function closeTurn(
  { log, clock, metrics }: { readonly log: Log; readonly clock: Pick<Clock, 'now'>; readonly metrics: Pick<Metrics, 'turn'> },
  turn: Turn,
  ended: EndedTurn,
): Promise<void> {
  const { scene, store, stages, attempt, outcome, totals, edits } = ended
  const { roomId } = turn.message
  const booked = {
    inputTokens: totals?.inputTokens ?? 0,
    outputTokens: totals?.outputTokens ?? 0,
    costNanoUsd: totals?.costNanoUsd ?? 0,
    model: totals?.model,
    edits,
  }
  const about = { turn: turn.id, attempt, domain: scene.domain.id, tier: scene.tier, outcome, ...booked }
  const stagesMs = { ...stages.spentMs, total: clock.now() - stages.startedAt }
  // which of a minor's questions were met with care is nobody's at home, and a number would tell
  const counted = outcome === 'cared' && scene.tier !== 'adult' ? 'refused' : outcome
  metrics.turn({ domain: about.domain, tier: about.tier, outcome: counted, stagesMs })
  log.info('turn', {
    ...about,
    room: roomId,
    tenant: scene.binding.tenant,
    member: scene.member.id,
    calls: totals?.calls ?? 0,
    firstTextMs: stages.spentMs['first-text'],
    totalMs: stagesMs.total,
  })
  try {
    await store.traces.write({ ...about, roomId, member: scene.member.id, startedAt: stages.startedAt, stagesMs })
  } catch (error) {
    log.error('trace-failed', { turn: turn.id, ...describeError(error) })
  }
}
