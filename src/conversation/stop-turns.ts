import type { RoomId } from '../contracts/ids.ts'
import type { TurnsInFlight } from './turns-in-flight.ts'

/** Stops whatever is being answered in a room, or waits for it there; says whether anything was. */
export function stopTurns(turns: Pick<TurnsInFlight, 'inRoom'>, roomId: RoomId): boolean {
  return turns
    .inRoom(roomId)
    .map((turn) => turn.cancel('stopped'))
    .includes(true)
}
