import type { EventId, RoomId } from '../../src/contracts/ids.ts'
import type { DraftOutcome, RoomSender } from '../../src/contracts/room-sender.ts'

/** A room as its people see it: what was sent, edited and taken back. Outcomes can be scripted; drafts are idempotent by source. */
export class ScriptedRoomSender implements RoomSender {
  readonly journal: string[]
  readonly shown: string[] = []
  readonly redacted: EventId[] = []
  readonly typingChanges: boolean[] = []
  readonly outcomes: DraftOutcome[] = []
  /** Edits wait here until the test lets them through. */
  gate: Promise<void> = Promise.resolve()
  inFlight = 0
  mostInFlight = 0
  readonly #drafts = new Map<EventId, EventId>()

  constructor(journal: string[]) {
    this.journal = journal
  }

  async draft(_roomId: RoomId, source: EventId, content: { readonly markdown: string }): Promise<DraftOutcome> {
    const known = this.#drafts.get(source)
    const eventId = known ?? (`$draft-of-${source}` as EventId)
    return this.#send(`draft ${content.markdown}`, { kind: 'sent', eventId }, () => {
      this.#drafts.set(source, eventId)
      if (known === undefined) this.shown.push(content.markdown)
    })
  }

  async edit(
    _roomId: RoomId,
    target: EventId,
    key: { readonly attempt: number; readonly n: number },
    content: { readonly markdown: string },
  ): Promise<DraftOutcome> {
    return this.#send(`edit ${key.attempt}.${key.n} ${content.markdown}`, { kind: 'sent', eventId: target }, () =>
      this.shown.push(content.markdown),
    )
  }

  async redact(_roomId: RoomId, target: EventId): Promise<void> {
    this.journal.push('redact')
    this.redacted.push(target)
  }

  typing(_roomId: RoomId, on: boolean): void {
    this.typingChanges.push(on)
  }

  async flush(): Promise<void> {
    this.journal.push('flush')
  }

  async #send(entry: string, outcome: DraftOutcome, show: () => void): Promise<DraftOutcome> {
    this.inFlight += 1
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight)
    this.journal.push(entry)
    await this.gate
    this.inFlight -= 1
    const scripted = this.outcomes.shift()
    if (scripted !== undefined && scripted.kind !== 'sent') return scripted
    show()
    return outcome
  }
}
