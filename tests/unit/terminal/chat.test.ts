import { PassThrough } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { chat } from '../../../src/interfaces/terminal/chat.ts'
import { createPorts, createRoom, createScreen } from './fake-terminal.ts'
import type { FakeRoom } from './fake-terminal.ts'

const never = new AbortController().signal
const openingTo = (room: FakeRoom) => createPorts({ openChat: () => Promise.resolve({ ok: true, value: room }) })
const request = { as: 'owner', room: undefined, text: 'what is it?' }

describe('one question', () => {
  it('prints its own answer, in parts, and nothing else that is said', async () => {
    const room = createRoom((question, { hear }) => {
      hear({ text: 'answer to somebody else', to: 'another question' })
      hear({ author: 'teen', text: 'hello all' })
      hear({ text: 'grow…', isFinal: false })
      hear({ text: 'part one', to: question, isLastPart: false })
      hear({ text: 'part two', to: question })
      hear({ text: 'later', to: question })
    })
    const screen = createScreen()
    expect(await chat(request, openingTo(room), screen, never)).toBe(0)
    expect(screen.written()).toBe('part one\npart two\n')
    expect(room.isClosed()).toBe(true)
  })

  it('is answered by a plain reply too', async () => {
    const room = createRoom((question, { hear }) => hear({ text: 'not set up', answers: [`event of ${question}`] }))
    const screen = createScreen()
    expect(await chat(request, openingTo(room), screen, never)).toBe(0)
    expect(screen.written()).toBe('not set up\n')
  })

  it('ends with a sentence when no answer comes, and at once at a signal', async () => {
    vi.useFakeTimers()
    try {
      const screen = createScreen()
      const late = chat(request, openingTo(createRoom()), screen, never)
      await vi.advanceTimersByTimeAsync(150_000)
      expect(await late).toBe(1)
      expect(screen.errors()).toContain('No answer came.')
      const stop = new AbortController()
      const stopped = chat(request, openingTo(createRoom()), screen, stop.signal)
      await vi.advanceTimersByTimeAsync(1)
      stop.abort()
      expect(await stopped).toBe(1)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('says why it could not be said or the room not be opened', async () => {
    const screen = createScreen()
    const fault = (code: string) => Promise.resolve({ ok: false, error: { code, sentence: `sentence of ${code}` } } as const)
    const room = { ...createRoom(), say: () => fault('not-sent') }
    expect(await chat(request, openingTo(room), screen, never)).toBe(1)
    expect(await chat(request, createPorts({ openChat: () => fault('misuse') }), screen, never)).toBe(2)
    expect(await chat(request, createPorts({ openChat: () => fault('not-configured') }), screen, never)).toBe(3)
    expect(screen.errors()).toBe('sentence of not-sent\nsentence of misuse\nsentence of not-configured\n')
  })
})

describe('line by line', () => {
  const talk = { ...request, text: '' }

  it('says each line when it comes, also while an answer is written, and ends when all are answered', async () => {
    const input = new PassThrough()
    const screen = createScreen({ input })
    const room = createRoom((question, { hear }) => {
      if (question !== 'stop') return
      hear({ text: 'stopped', to: 'stop' })
      hear({ text: 'half of it', to: 'a long one' })
    })
    const ended = chat(talk, openingTo(room), screen, never)
    input.write('a long one\n\n')
    await vi.waitFor(() => expect(room.said).toEqual(['a long one']))
    input.end('stop\n')
    expect(await ended).toBe(0)
    expect(room.said).toEqual(['a long one', 'stop'])
    expect(screen.written()).toBe('stopped\nhalf of it\n')
    expect(screen.errors()).toContain('In Creator as owner. Ctrl-D ends.')
  })

  it('names others who speak, and prompts on a terminal', async () => {
    const input = new PassThrough()
    const screen = createScreen({ input, isTty: true })
    const room = createRoom()
    const ended = chat(talk, openingTo(room), screen, never)
    await vi.waitFor(() => expect(screen.written()).toBe('> '))
    room.hear({ author: 'teen', text: 'hi' })
    input.end()
    expect(await ended).toBe(0)
    expect(screen.written()).toBe('> teen: hi\n> ')
  })

  it('ends at a signal, with 1 if a question is still open', async () => {
    for (const [line, code] of [
      ['open\n', 1],
      ['', 0],
    ] as const) {
      const input = new PassThrough()
      const stop = new AbortController()
      const room = createRoom()
      const ended = chat(talk, openingTo(room), createScreen({ input }), stop.signal)
      input.write(line)
      await vi.waitFor(() => expect(room.said).toHaveLength(line === '' ? 0 : 1))
      stop.abort()
      expect(await ended).toBe(code)
    }
  })
})
