import { Readable } from 'node:stream'
import type {
  CardFacts,
  ChatText,
  InstanceStatus,
  OpenChat,
  Screen,
  TerminalPorts,
} from '../../../src/interfaces/terminal/terminal-ports.ts'

export interface FakeScreen extends Screen {
  /** All that was written to the result, as it stands. */
  readonly written: () => string
  readonly errors: () => string
}

export function createScreen(options: { readonly isTty?: boolean; readonly color?: boolean; readonly input?: Readable } = {}): FakeScreen {
  let written = ''
  let errors = ''
  return {
    isTty: options.isTty ?? false,
    color: options.color ?? false,
    input: options.input ?? Readable.from([]),
    out: (text) => void (written += `${text}\n`),
    write: (text) => void (written += text),
    err: (text) => void (errors += `${text}\n`),
    written: () => written,
    errors: () => errors,
  }
}

export const cardFacts: CardFacts = {
  homeserver: 'http://127.0.0.1:8008',
  seconds: 9.04,
  standIn: false,
  model: 'a-model at somewhere',
  people: [
    { name: 'owner', userId: '@owner:localhost', password: 'pass-word', recoveryKey: 'EsTA BBBB' },
    { name: 'teen', userId: '@teen:localhost', password: 'teens-word', recoveryKey: 'EsTB CCCC' },
  ],
  home: '/home/robin/.ai-ops',
}

export const readyStatus: InstanceStatus = {
  pid: 42,
  upSeconds: 61,
  ready: true,
  checks: [{ name: 'gateway', ok: true, detail: 'answers' }],
  device: 'DEVICE',
  ed25519: 'KEY',
  residentMb: 120,
  judge: 'away',
  settled: { answered: 3 },
}

/** What a test does not give says that it is not to be called. */
export function createPorts(given: Partial<TerminalPorts>): TerminalPorts {
  const unexpected = (name: string) => (): never => {
    throw new Error(`${name} is not expected here`)
  }
  return {
    start: unexpected('start'),
    serve: unexpected('serve'),
    init: unexpected('init'),
    openChat: unexpected('openChat'),
    status: unexpected('status'),
    doctor: unexpected('doctor'),
    recoveryKey: unexpected('recoveryKey'),
    openGuardrails: unexpected('openGuardrails'),
    verifyAudits: unexpected('verifyAudits'),
    exportAudits: unexpected('exportAudits'),
    home: {
      spend: unexpected('spend'),
      list: unexpected('list'),
      set: unexpected('set'),
      suites: unexpected('suites'),
      runSuite: unexpected('runSuite'),
    },
    ...given,
  }
}

export interface FakeRoom extends OpenChat {
  readonly said: readonly string[]
  readonly isClosed: () => boolean
  /** Somebody's text reaches the device; by default the assistant's final answer to question `to`. */
  readonly hear: (text: Partial<ChatText> & { readonly to?: string }) => void
}

/** A question is marked by its own text. `answer`: what the assistant does at once. */
export function createRoom(answer: (question: string, room: FakeRoom) => void = () => undefined): FakeRoom {
  const said: string[] = []
  const listeners: ((heard: ChatText) => void)[] = []
  let isClosed = false
  let count = 0
  const room: FakeRoom = {
    roomName: 'Creator',
    said,
    isClosed: () => isClosed,
    say(text) {
      said.push(text)
      answer(text, room)
      return Promise.resolve({ ok: true, value: [`turn of ${text}`, `event of ${text}`] })
    },
    onText: (listener) => void listeners.push(listener),
    hear({ to, ...heard }) {
      count += 1
      const isFinal = heard.isFinal ?? true
      const answers = to === undefined ? [] : [`turn of ${to}`]
      for (const listener of listeners)
        listener({ id: String(count), author: undefined, text: '', isFinal, isLastPart: isFinal, answers, ...heard })
    },
    [Symbol.asyncDispose]() {
      isClosed = true
      return Promise.resolve()
    },
  }
  return room
}
