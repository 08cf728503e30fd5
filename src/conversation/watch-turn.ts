import type { RoomSender } from '../contracts/room-sender.ts'
import type { Clock } from './clock.ts'
import type { Turn } from './turn.ts'

/** From DESIGN section 4, step 6. */
const TURN_LIMIT_MS = 120_000
/** Quick answers would only make the typing line flicker. */
const TYPING_AFTER_MS = 250

export interface WatchPorts {
  readonly clock: Pick<Clock, 'wait'>
  readonly sender: Pick<RoomSender, 'typing'>
}

/** Ends a turn that takes too long, and shows that a slow one is being written; until disposed. */
export function watchTurn({ clock, sender }: WatchPorts, turn: Turn): Disposable {
  const over = new AbortController()
  let isTyping = false
  void clock.wait(TURN_LIMIT_MS, over.signal).then((isLate) => isLate && turn.cancel('out-of-time'))
  void clock.wait(TYPING_AFTER_MS, over.signal).then((isSlow) => {
    if (!isSlow || over.signal.aborted) return
    isTyping = true
    sender.typing(turn.message.roomId, true)
  })
  return {
    [Symbol.dispose]() {
      over.abort()
      if (isTyping) sender.typing(turn.message.roomId, false)
    },
  }
}
