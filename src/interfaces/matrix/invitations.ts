import { MatrixError, Method } from 'matrix-js-sdk'
import type { ISyncResponse, MatrixClient } from 'matrix-js-sdk'
import type { Conversation } from '../../contracts/conversation.ts'
import type { EdgeFacts, RawEvent } from '../../contracts/edge-store.ts'
import type { RoomId, UserId } from '../../contracts/ids.ts'
import type { Log } from '../../contracts/platform.ts'

const FACT = 'invitations'
const RETRY_MS = 5_000

interface Invitation {
  readonly inviter: UserId
  readonly direct: boolean
  readonly at: number
}

export interface InvitationsPorts {
  readonly client: MatrixClient
  readonly facts: EdgeFacts
  readonly conversation: Conversation
  readonly ownUserId: UserId
  readonly log: Log
}

/** Answers invitations: /sync tells of each once, so they are written down before the token moves on. */
export class Invitations implements Disposable {
  readonly #ports: InvitationsPorts
  readonly #open: Map<RoomId, Invitation>
  #lane: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  private constructor(ports: InvitationsPorts, open: Map<RoomId, Invitation>) {
    this.#ports = ports
    this.#open = open
  }

  static async create(ports: InvitationsPorts): Promise<Invitations> {
    const stored = await ports.facts.read(FACT)
    return new Invitations(ports, new Map(stored === undefined ? [] : (JSON.parse(stored) as [RoomId, Invitation][])))
  }

  /** Durable when it resolves; called before the response's token is committed. */
  async note(response: ISyncResponse): Promise<void> {
    const found = Object.entries(response.rooms?.invite ?? {}).flatMap(([roomId, room]) => {
      const events = (room.invite_state?.events ?? []) as unknown as readonly RawEvent[]
      const invitation = this.#read(events)
      return invitation === undefined ? [] : ([[roomId as RoomId, invitation]] as const)
    })
    if (found.length === 0) return
    for (const [roomId, invitation] of found) this.#open.set(roomId, invitation)
    await this.#save()
  }

  /** Answers what is open, one after the other; never throws. */
  wake(): void {
    if (this.#open.size === 0) return
    this.#lane = this.#lane.then(() => this.#answerAll())
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #read(events: readonly RawEvent[]): Invitation | undefined {
    const own = events.find((event) => event['type'] === 'm.room.member' && event['state_key'] === this.#ports.ownUserId)
    const content = own?.['content'] as { readonly membership?: unknown; readonly is_direct?: unknown } | undefined
    if (content?.membership !== 'invite' || typeof own?.['sender'] !== 'string') return undefined
    const at = own['origin_server_ts']
    return { inviter: own['sender'] as UserId, direct: content.is_direct === true, at: typeof at === 'number' ? at : Date.now() }
  }

  async #answerAll(): Promise<void> {
    for (const [roomId, invitation] of this.#open) {
      try {
        const accepted = await this.#ports.conversation.invited({ roomId, ...invitation })
        await this.#ports.client.http.authedRequest(
          Method.Post,
          `/rooms/${encodeURIComponent(roomId)}/${accepted ? 'join' : 'leave'}`,
          undefined,
          {},
        )
        this.#ports.log.info(accepted ? 'invitation-accepted' : 'invitation-declined', { room: roomId })
      } catch (error) {
        if (!(error instanceof MatrixError && (error.errcode === 'M_FORBIDDEN' || error.errcode === 'M_NOT_FOUND'))) {
          clearTimeout(this.#timer)
          this.#timer = setTimeout(() => this.wake(), RETRY_MS)
          continue
        }
        this.#ports.log.warn('invitation-void', { room: roomId, code: error.errcode })
      }
      this.#open.delete(roomId)
      await this.#save()
    }
  }

  #save(): Promise<void> {
    return this.#ports.facts.write(FACT, JSON.stringify([...this.#open]))
  }
}
