import { MemoryStore } from 'matrix-js-sdk'
import type { ISyncResponse } from 'matrix-js-sdk'
import type { ISavedSync } from 'matrix-js-sdk/lib/store/index.js'
import type { SavedSync, SyncBatch, SyncStore } from '../../contracts/edge-store.ts'
import type { RoomId } from '../../contracts/ids.ts'

/** What the SDK's store needs from the edge. */
export interface SyncStorePorts {
  readonly store: Pick<SyncStore, 'acceptSync'>
  readonly saved: SavedSync | undefined
  read(response: ISyncResponse): SyncBatch
  /** Before the commit, since /sync tells of an invitation once. */
  noteInvitations(response: ISyncResponse): Promise<void>
  /** After the commit: the inbox has something new, or the room state moved. */
  accepted(batch: SyncBatch): void
}

/**
 * The SDK's store: timelines stay in memory and are trimmed, everything that must survive goes to edge.db.
 * The SDK calls `setSyncData` after it has processed a response (crypto included) and before it asks for the next one, and
 * the homeserver forgets to-device messages only when that next request carries the new token: this is the commit point.
 */
export class DurableSyncStore extends MemoryStore {
  readonly #ports: SyncStorePorts
  #token: string | null

  constructor(ports: SyncStorePorts) {
    super({})
    this.#ports = ports
    this.#token = ports.saved?.token ?? null
  }

  override getSavedSyncToken(): Promise<string | null> {
    return Promise.resolve(this.#token)
  }

  override getSavedSync(): Promise<ISavedSync | null> {
    const { saved } = this.#ports
    if (saved === undefined) return Promise.resolve(null)
    const join = Object.fromEntries(saved.rooms.map((room) => [room.roomId, savedRoom(room)]))
    const data = { nextBatch: saved.token, roomsData: { join, invite: {}, leave: {}, knock: {} }, accountData: saved.accountData }
    return Promise.resolve(data as unknown as ISavedSync)
  }

  override async setSyncData(response: ISyncResponse): Promise<void> {
    const batch = this.#ports.read(response)
    await this.#ports.noteInvitations(response)
    await this.#ports.store.acceptSync(batch)
    this.#token = batch.nextToken
    this.#ports.accepted(batch)
  }
}

function savedRoom(room: { readonly roomId: RoomId; readonly state: readonly unknown[] }): unknown {
  return {
    state: { events: room.state },
    timeline: { events: [], prev_batch: null },
    ephemeral: { events: [] },
    account_data: { events: [] },
    summary: {},
    unread_notifications: {},
  }
}
