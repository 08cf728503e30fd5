import type { CrashPoint } from '../../../src/contracts/platform.ts'

/** whole: the answer is there before a draft would be shown. streamed: it grows in front of the person. */
export type Mode = 'whole' | 'streamed'

const both: readonly Mode[] = ['whole', 'streamed']
const streamedOnly: readonly Mode[] = ['streamed']

/** Where each point of a message's way can be reached. A new point without an entry does not compile. */
const modesOfPoint: Readonly<Record<CrashPoint, readonly Mode[]>> = {
  'accept-sync.before': both,
  'accept-sync.after': both,
  decrypted: both,
  'turn.started': both,
  'open-call.before': both,
  'open-call.after': both,
  'model.first-text': both,
  'model.ended': both,
  'draft.before': streamedOnly,
  'draft.after': streamedOnly,
  'draft-noted.after': streamedOnly,
  'edit.before': streamedOnly,
  'edit.after': streamedOnly,
  'end-call.before': both,
  'end-call.after': both,
  'commit-reply.before': both,
  'commit-reply.after': both,
  'final.before': both,
  'final.after': both,
  'sent.before': both,
  'sent.after': both,
  'job.before': both,
  'job.after': both,
}

/** All points, and those of them that `mode` reaches. */
export const allPoints = Object.keys(modesOfPoint) as readonly CrashPoint[]
export function pointsOf(mode: Mode): readonly CrashPoint[] {
  return allPoints.filter((point) => modesOfPoint[point].includes(mode))
}
