import { describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../src/interfaces/terminal/command-line.ts'
import type { TerminalPorts } from '../../../src/interfaces/terminal/terminal-ports.ts'
import { cardFacts, createPorts, createRoom, createScreen, readyStatus } from './fake-terminal.ts'

const never = new AbortController().signal
const fault = (code: string) => Promise.resolve({ ok: false, error: { code, sentence: `sentence of ${code}` } } as const)

async function run(
  argv: readonly string[],
  ports: Partial<TerminalPorts> = {},
  signal: AbortSignal = never,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const screen = createScreen()
  const code = await runCommandLine(argv, createPorts(ports), screen, signal)
  return { code, out: screen.written(), err: screen.errors() }
}

describe('the command line', () => {
  it.each([[['help']], [['--help']], [['status', '-h']]])('%j shows how it is used', async (argv) => {
    expect(await run(argv)).toMatchObject({ code: 0, out: expect.stringContaining('ai-ops chat --as NAME'), err: '' })
  })

  it.each([
    [[], /^$/],
    [['bogus'], /there is no command bogus/],
    [['constructor'], /there is no command constructor/],
    [['status', '--bogus'], /--bogus/],
    [['chat', 'hello'], /chat needs --as NAME/],
    [['recovery-key'], /recovery-key show/],
    [['recovery-key', 'drop'], /recovery-key show/],
  ])('%j is misuse', async (argv, sentence) => {
    expect(await run(argv)).toMatchObject({ code: 2, err: expect.stringMatching(sentence) })
  })

  it.each([
    ['running', 2],
    ['already-running', 2],
    ['not-configured', 3],
    ['no-configuration', 3],
    ['python-missing', 3],
    ['port-taken', 1],
    ['anything-else', 1],
  ])('a fault %s ends with %i and its sentence', async (code, exit) => {
    for (const command of ['start', 'serve', 'init', 'status'] as const)
      expect(await run([command], { [command]: () => fault(code) })).toEqual({ code: exit, out: '', err: `sentence of ${code}\n` })
    expect(await run(['recovery-key', 'show'], { recoveryKey: () => fault(code) })).toMatchObject({ code: exit })
  })

  it('start shows each step with its time beside the card, and stops at a signal', async () => {
    const stop = new AbortController()
    const ended = Promise.withResolvers<void>()
    let isStopped = false
    const result = run(
      ['start'],
      {
        start(progress) {
          progress('a step')
          const stopping = (): Promise<void> => {
            isStopped = true
            ended.resolve()
            return ended.promise
          }
          // the card is shown in the same turn of the loop as this resolves
          setTimeout(() => stop.abort(), 1)
          return Promise.resolve({ ok: true, value: { card: cardFacts, ended: ended.promise, stop: stopping } })
        },
      },
      stop.signal,
    )
    expect(await result).toMatchObject({
      code: 0,
      out: expect.stringContaining('AI Ops is up'),
      err: expect.stringMatching(/^ +0\.0 s {2}a step\n\nStopping\./),
    })
    expect(isStopped).toBe(true)
  })

  it('chat hands on who, where and the words that remain', async () => {
    const asked: unknown[] = []
    const room = createRoom((question, { hear }) => hear({ text: 'yes', to: question }))
    const openChat: TerminalPorts['openChat'] = (options) => {
      asked.push(options)
      return Promise.resolve({ ok: true, value: room })
    }
    expect(await run(['chat', '--as', 'teen', '--room', 'family', 'two', 'words'], { openChat })).toMatchObject({ code: 0, out: 'yes\n' })
    expect(asked).toMatchObject([{ as: 'teen', room: 'family' }])
    expect(room.said).toEqual(['two words'])
  })

  it('status is 1 while something is missing, and one JSON value for machines', async () => {
    const status = { ...readyStatus, ready: false, checks: [{ name: 'gateway', ok: false, detail: 'unreachable' }] }
    const unready = () => Promise.resolve({ ok: true, value: status } as const)
    expect(await run(['status'], { status: unready })).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^not ready: up 61 s, pid 42.*\n.*\n {2}FAULT gateway/),
    })
    expect(JSON.parse((await run(['status', '--json'], { status: unready })).out)).toEqual(status)
    expect(await run(['status'], { status: () => Promise.resolve({ ok: true, value: readyStatus }) })).toMatchObject({
      code: 0,
      out: expect.stringContaining('messages: answered 3'),
    })
  })

  it('doctor is 1 only where something is to be mended, and names the cure', async () => {
    const fine = { name: 'disk', state: 'ok', detail: 'much', cure: undefined } as const
    const note = { name: 'master key', state: 'note', detail: 'near', cure: 'move it' } as const
    const bad = { name: 'gateway', state: 'fault', detail: 'down', cure: 'start it' } as const
    const report = await run(['doctor'], { doctor: () => Promise.resolve([fine, note]) })
    expect(report).toEqual({ code: 0, out: 'ok     disk        much\nnote   master key  near\n                   -> move it\n', err: '' })
    const worse = await run(['doctor', '--json'], { doctor: () => Promise.resolve([fine, bad]) })
    expect(worse.code).toBe(1)
    expect(JSON.parse(worse.out)).toEqual(
      [{ ...fine, cure: undefined }, bad].map((finding) => JSON.parse(JSON.stringify(finding)) as unknown),
    )
  })
})
