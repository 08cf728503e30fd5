import type { MatrixClient } from 'matrix-js-sdk'
import type { OutboxContent } from '../../contracts/edge-store.ts'
import type { EventId, RoomId } from '../../contracts/ids.ts'
import type { DraftOutcome, RoomSender } from '../../contracts/room-sender.ts'
import type { EncryptedSender, SendOutcome } from './encrypted-sender.ts'
import type { OutboxSender } from './outbox-sender.ts'
import type { SendAllowance } from './rate-limit.ts'
import { renderEdit, renderPart, splitContent } from './render-message.ts'
import { draftTransaction, editTransaction, redactTransaction } from './transaction-ids.ts'

/** Long enough for the longest turn's silence; the homeserver takes it away by itself. */
const TYPING_MS = 30_000

export interface MatrixRoomSenderPorts {
  readonly client: MatrixClient
  readonly sender: EncryptedSender
  readonly outbox: OutboxSender
  readonly allowance: SendAllowance
}

/** Drafts and edits go at once or not at all; whatever must arrive goes through the outbox. */
export class MatrixRoomSender implements RoomSender {
  readonly #ports: MatrixRoomSenderPorts

  constructor(ports: MatrixRoomSenderPorts) {
    this.#ports = ports
  }

  draft(roomId: RoomId, source: EventId, content: OutboxContent, mayBeSent: boolean): Promise<DraftOutcome> {
    const rendered = renderPart(content, firstPart(content), { kind: 'live' })
    const sought = mayBeSent ? { source, since: 0 } : undefined
    return this.#sendVisible({ roomId, transaction: draftTransaction(source), content: rendered, sought })
  }

  edit(
    roomId: RoomId,
    target: EventId,
    key: { readonly source: EventId; readonly attempt: number; readonly n: number },
    content: OutboxContent,
  ): Promise<DraftOutcome> {
    const rendered = renderEdit(content, firstPart(content), { target, mark: { kind: 'live' } })
    return this.#sendVisible({ roomId, transaction: editTransaction(key.source, key.attempt, key.n), content: rendered })
  }

  async redact(roomId: RoomId, target: EventId, reason: string): Promise<void> {
    await this.#ports.sender.redact(roomId, target, redactTransaction(target), reason)
  }

  typing(roomId: RoomId, on: boolean): void {
    // a lost typing notice is worth no retry and no log line
    this.#ports.client.sendTyping(roomId, on, TYPING_MS).catch(() => undefined)
  }

  flush(): Promise<void> {
    return this.#ports.outbox.flush()
  }

  async #sendVisible(request: Parameters<EncryptedSender['send']>[0]): Promise<DraftOutcome> {
    const waitMs = this.#ports.allowance.waitForEditMs()
    if (waitMs > 0) return { kind: 'limited', retryAfterMs: waitMs }
    const outcome = await this.#ports.sender.send(request)
    this.#ports.allowance.count()
    if (outcome.kind === 'limited') this.#ports.allowance.refused()
    return draftOutcome(outcome)
  }
}

/** While an answer grows past one event, its draft shows the beginning; the final brings the rest. */
function firstPart(content: OutboxContent): string {
  return splitContent(content)[0] ?? ''
}

function draftOutcome(outcome: SendOutcome): DraftOutcome {
  switch (outcome.kind) {
    case 'sent':
    case 'limited':
    case 'refused':
      return outcome
    case 'gone':
    case 'failed':
      return { kind: 'failed' }
  }
}
