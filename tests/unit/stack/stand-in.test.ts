import { describe, expect, it } from 'vitest'
import { createAnswerQueue } from '../../../src/stack/stand-in/answer-queue.ts'
import { parseChatRequest } from '../../../src/stack/stand-in/chat-request.ts'
import { fitMessages } from '../../../src/stack/stand-in/fit-messages.ts'

const byWords = (text: string): number => text.split(' ').filter((word) => word !== '').length
const words = (count: number, word = 'w'): string => Array.from({ length: count }, () => word).join(' ')

describe('fitMessages', () => {
  it('drops the oldest and keeps the system message and the question', () => {
    const fitted = fitMessages(
      [
        { role: 'system', text: words(5, 's') },
        { role: 'user', text: words(20, 'old') },
        { role: 'assistant', text: words(20, 'older') },
        { role: 'user', text: words(10, 'new') },
      ],
      50,
      byWords,
    )
    expect(fitted.map((message) => message.text)).toEqual([words(5, 's'), words(10, 'new')])
  })

  it('cuts the beginning of a question and the end of a system message that are too long by themselves', () => {
    const fitted = fitMessages(
      [
        { role: 'system', text: `begin ${words(200, 's')}` },
        { role: 'user', text: `${words(200)} question` },
      ],
      60,
      byWords,
    )
    expect(fitted[0]?.text.startsWith('begin')).toBe(true)
    expect(fitted[1]?.text.endsWith('question')).toBe(true)
    expect(fitted.reduce((total, message) => total + byWords(message.text) + 8, 0)).toBeLessThanOrEqual(60)
  })
})

describe('parseChatRequest', () => {
  it('reads parts, roles and limits', () => {
    const body = {
      messages: [
        { role: 'developer', content: 'be kind' },
        { role: 'tool', content: 'ignored', tool_call_id: 'x' },
        { role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'image_url' }, { type: 'text', text: 'b' }] },
      ],
      max_tokens: 100_000,
      stream: true,
      stream_options: { include_usage: true },
    }
    expect(parseChatRequest(JSON.stringify(body))).toEqual({
      messages: [
        { role: 'system', text: 'be kind' },
        { role: 'user', text: 'ab' },
      ],
      stream: true,
      includeUsage: true,
      maxTokens: 512,
      temperature: 0.3,
      format: { kind: 'text' },
    })
  })

  it.each(['', 'null', '{}', '{"messages":[]}', '{"messages":[{"role":"system","content":"x"}]}', '{"messages":[{"role":"robot"}]}'])(
    'refuses %s',
    (body) => {
      expect(parseChatRequest(body)).toBeUndefined()
    },
  )
})

describe('the queue', () => {
  it('runs one after the other, skips those who left and refuses what is too much', async () => {
    const queue = createAnswerQueue(3)
    const order: string[] = []
    const gate = Promise.withResolvers<void>()
    const stays = new AbortController().signal
    const leaves = new AbortController()
    const task = (name: string, wait?: Promise<void>) => async (): Promise<string> => {
      await wait
      order.push(name)
      return name
    }
    const first = queue.run(task('first', gate.promise), stays)
    const second = queue.run(task('second'), leaves.signal)
    const third = queue.run(task('third'), stays)
    const fourth = queue.run(task('fourth'), stays)
    leaves.abort()
    gate.resolve()
    expect(await Promise.all([first, second, third, fourth])).toEqual(['first', undefined, 'third', undefined])
    expect(order).toEqual(['first', 'third'])
  })

  it('goes on after a task that failed', async () => {
    const queue = createAnswerQueue(3)
    const signal = new AbortController().signal
    await expect(queue.run(() => Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken')
    expect(await queue.run(() => Promise.resolve('next'), signal)).toBe('next')
  })
})
