import { Method } from 'matrix-js-sdk'
import type { MatrixClient } from 'matrix-js-sdk'
import type { Gap, RawEvent, RoomDelta, SyncStore } from '../../contracts/edge-store.ts'
import type { RoomId } from '../../contracts/ids.ts'
import type { Log } from '../../contracts/platform.ts'
import type { RoomMember } from '../../contracts/room-state.ts'
import { readInboxEvents, readMember } from './read-sync.ts'
import type { SyncContext } from './read-sync.ts'

const PAGE = 100
/** A room that said more than this while we were away is answered from here on; the rest is counted, not read. */
const MAX_GAP_EVENTS = 5_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000

export interface CatchUpPorts {
  readonly client: MatrixClient
  readonly store: SyncStore
  readonly context: SyncContext
  readonly log: Log
  incompleteRooms(): readonly RoomId[]
  /** Grows with each gap of the room. */
  gapsOf(roomId: RoomId): number
  membersRead(roomId: RoomId, members: readonly RoomMember[]): void
  gapFilled(): void
}

/** Asks for what /sync left out: the events of a `limited` timeline, and the member lists that decide a room's tier. */
export class CatchUp implements Disposable {
  readonly #ports: CatchUpPorts
  #running = false
  #again = false
  #stopped = false
  #retryMs = FIRST_RETRY_MS
  #timer: NodeJS.Timeout | undefined

  constructor(ports: CatchUpPorts) {
    this.#ports = ports
  }

  /** Cheap; never throws. */
  wake(): void {
    this.#again = true
    if (this.#running || this.#stopped) return
    this.#running = true
    void this.#run().finally(() => {
      this.#running = false
    })
  }

  [Symbol.dispose](): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      try {
        for (const roomId of this.#ports.incompleteRooms()) await this.#readMembers(roomId)
        for (const gap of await this.#ports.store.gaps()) await this.#fill(gap)
        this.#retryMs = FIRST_RETRY_MS
      } catch (error) {
        this.#ports.log.warn('catch-up-failed', { error: error instanceof Error ? error.name : 'unknown', nextTryMs: this.#retryMs })
        clearTimeout(this.#timer)
        this.#timer = setTimeout(() => this.wake(), this.#retryMs)
        this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS)
        return
      }
    }
  }

  async #readMembers(roomId: RoomId): Promise<void> {
    const path = `/rooms/${encodeURIComponent(roomId)}/members`
    const gaps = this.#ports.gapsOf(roomId)
    const answer = await this.#ports.client.http.authedRequest<{ chunk?: readonly RawEvent[] }>(Method.Get, path)
    // a gap that opened meanwhile may hide a join that this answer is too old to know: ask again
    if (this.#ports.gapsOf(roomId) !== gaps) return this.wake()
    const members = (answer.chunk ?? []).flatMap(readMember)
    await this.#ports.store.replaceMembers(roomId, members)
    this.#ports.membersRead(roomId, members)
  }

  async #fill(gap: Gap): Promise<void> {
    const newestFirst: RawEvent[] = []
    let from: string | undefined = gap.from
    while (from !== undefined && newestFirst.length < MAX_GAP_EVENTS) {
      const page: { readonly chunk: readonly RawEvent[]; readonly end: string | undefined } = await this.#page(gap.roomId, from)
      const known = page.chunk.findIndex((event) => event['event_id'] === gap.until || this.#isOwnJoin(event))
      newestFirst.push(...(known < 0 ? page.chunk : page.chunk.slice(0, known)))
      from = known < 0 && page.chunk.length > 0 ? page.end : undefined
    }
    const events: RoomDelta['events'] = readInboxEvents(gap.roomId, newestFirst.toReversed(), this.#ports.context)
    await this.#ports.store.fillGap(gap, events)
    this.#ports.log.info('gap-filled', { room: gap.roomId, events: events.length })
    this.#ports.gapFilled()
  }

  async #page(roomId: RoomId, from: string): Promise<{ readonly chunk: readonly RawEvent[]; readonly end: string | undefined }> {
    const path = `/rooms/${encodeURIComponent(roomId)}/messages`
    const query = { dir: 'b', from, limit: String(PAGE) }
    const answer = await this.#ports.client.http.authedRequest<{ chunk?: readonly RawEvent[]; end?: string }>(Method.Get, path, query)
    return { chunk: answer.chunk ?? [], end: answer.end }
  }

  /** Before our own join there is nothing for us to answer. */
  #isOwnJoin(event: RawEvent): boolean {
    return readMember(event).some((member) => member.userId === this.#ports.context.ownUserId && member.membership === 'join')
  }
}
