import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EventId, MemberId, RoomId } from '../../src/contracts/ids.ts'
import type { ContextMessage, Memory, RecallRequest } from '../../src/contracts/memory.ts'

export interface MemoryFixture extends AsyncDisposable {
  /** A memory that holds nothing yet. */
  readonly memory: Memory
}

const room = '!family:home' as RoomId
const thread = '$thread' as EventId

/** What every adapter and double of `Memory` promises. */
export function memoryLaws(name: string, makeFixture: () => Promise<MemoryFixture>): void {
  describe(`${name} keeps the laws of Memory`, () => {
    let fixture: MemoryFixture
    let memory: Memory
    beforeEach(async () => {
      fixture = await makeFixture()
      memory = fixture.memory
    })
    afterEach(() => fixture[Symbol.asyncDispose]())
    const recalled = async (request: Partial<RecallRequest> = {}) =>
      (await memory.recall({ roomId: room, threadRoot: undefined, audience: [], audienceSince: 0, tokenLimit: 1_000, ...request })).map(
        (message) => message.eventId,
      )

    it('brings messages back as given, oldest first', async () => {
      const answer = { ...message('$2', 2), author: 'assistant', member: undefined } as const
      await memory.remember(room, undefined, [answer, message('$1', 1)])
      const messages = await memory.recall({ roomId: room, threadRoot: undefined, audience: [], audienceSince: 0, tokenLimit: 1_000 })
      expect(messages).toEqual([message('$1', 1), answer])
    })

    it('knows nothing of a room it never saw', async () => {
      expect(await recalled()).toEqual([])
    })

    it('remembers an event once', async () => {
      await memory.remember(room, undefined, [message('$1', 1)])
      await memory.remember(room, undefined, [message('$1', 1), message('$2', 2)])
      expect(await recalled()).toEqual(['$1', '$2'])
    })

    it('keeps rooms and threads apart', async () => {
      await memory.remember(room, undefined, [message('$main', 1)])
      await memory.remember(room, thread, [message('$threaded', 2)])
      await memory.remember('!other:home' as RoomId, undefined, [message('$other', 3)])
      expect(await recalled()).toEqual(['$main'])
      expect(await recalled({ threadRoot: thread })).toEqual(['$threaded'])
    })

    it('answers the newest within the limit, without a hole', async () => {
      // 40 characters: 10 tokens and 4 of framing
      const text = 'x'.repeat(40)
      await memory.remember(room, undefined, [
        message('$1', 1),
        message('$2', 2, 'x'.repeat(4_000)),
        message('$3', 3, text),
        message('$4', 4, text),
      ])
      expect(await recalled({ tokenLimit: 28 })).toEqual(['$3', '$4'])
      expect(await recalled({ tokenLimit: 27 })).toEqual(['$4'])
      expect(await recalled({ tokenLimit: 13 })).toEqual([])
      expect(await recalled({ tokenLimit: 500 })).toEqual(['$3', '$4'])
    })

    it('recalls nothing that was said before the newest person came', async () => {
      await memory.remember(room, undefined, [message('$1', 10), message('$2', 20), message('$3', 30)])
      expect(await recalled({ audienceSince: 20 })).toEqual(['$2', '$3'])
    })

    it('starts a topic for one room or thread, and never moves it back', async () => {
      await memory.remember(room, undefined, [message('$1', 10), message('$2', 20)])
      await memory.remember(room, thread, [message('$threaded', 10)])
      await memory.startTopic(room, undefined, 20)
      await memory.startTopic(room, undefined, 5)
      expect(await recalled()).toEqual(['$2'])
      expect(await recalled({ threadRoot: thread })).toEqual(['$threaded'])
    })

    it('follows edits', async () => {
      await memory.remember(room, undefined, [message('$1', 1, 'before')])
      await memory.amend('$1' as EventId, 'after')
      const [amended] = await memory.recall({ roomId: room, threadRoot: undefined, audience: [], audienceSince: 0, tokenLimit: 1_000 })
      expect(amended?.text).toBe('after')
    })

    it('stores nothing for an edit of what it does not know', async () => {
      await memory.amend('$1' as EventId, 'words')
      expect(await recalled()).toEqual([])
    })

    it('forgets what was redacted, also when it is told to remember it late', async () => {
      await memory.remember(room, undefined, [message('$1', 1), message('$2', 2)])
      await memory.amend('$1' as EventId, undefined)
      await memory.amend('$3' as EventId, undefined)
      await memory.remember(room, undefined, [message('$1', 1), message('$3', 3)])
      expect(await recalled()).toEqual(['$2'])
    })
  })
}

export function message(id: string, at: number, text = 'hello'): ContextMessage {
  return { eventId: id as EventId, author: 'member', member: 'mia' as MemberId, name: 'Mia', text, at }
}
