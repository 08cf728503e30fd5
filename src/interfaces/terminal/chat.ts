import { createInterface } from 'node:readline/promises'
import { exitCodeOf } from './terminal-ports.ts'
import type { ChatText, ExitCode, OpenChat, Screen, TerminalPorts } from './terminal-ports.ts'

/** Longer than a turn may take; then the person is told instead of left waiting. */
const ANSWER_LIMIT_MS = 150_000

/** Says one text and prints the answer as it grows, or, without a text, goes on line by line until the input ends. */
export async function chat(
  request: { readonly as: string; readonly room: string | undefined; readonly text: string },
  ports: TerminalPorts,
  screen: Screen,
  signal: AbortSignal,
): Promise<ExitCode> {
  const opened = await ports.openChat(request)
  if (!opened.ok) {
    screen.err(opened.error.sentence)
    return exitCodeOf(opened.error)
  }
  await using room = opened.value
  const printer = new AnswerPrinter(room, screen)
  // awaited here: returned unawaited, the room would be closed first
  if (request.text !== '') return await printer.ask(request.text, signal)
  const lines = createInterface({ input: process.stdin, output: screen.isTty ? process.stderr : undefined, signal })
  screen.err(`In ${room.roomName} as ${request.as}. Ctrl-D ends.`)
  lines.setPrompt('> ')
  if (screen.isTty) lines.prompt()
  let code: ExitCode = 0
  try {
    for await (const line of lines) {
      if (line.trim() !== '') code = await printer.ask(line.trim(), signal)
      if (screen.isTty) lines.prompt()
    }
  } catch {
    // the signal closes the input
  }
  return code
}

/** Prints what others say; on a terminal a growing text is written on as it grows, elsewhere it is printed once it is final. */
class AnswerPrinter {
  readonly #room: OpenChat
  readonly #screen: Screen
  readonly #shown = new Map<string, string>()
  #finished: (() => void) | undefined

  constructor(room: OpenChat, screen: Screen) {
    this.#room = room
    this.#screen = screen
    room.onText((heard) => this.#hear(heard))
  }

  async ask(text: string, signal: AbortSignal): Promise<ExitCode> {
    const answered = new Promise<'answered' | 'late'>((resolve) => {
      const timer = setTimeout(() => resolve('late'), ANSWER_LIMIT_MS)
      const finish = (): void => {
        clearTimeout(timer)
        resolve('answered')
      }
      this.#finished = finish
      signal.addEventListener('abort', finish, { once: true })
    })
    const said = await this.#room.say(text)
    if (!said.ok) {
      this.#screen.err(said.error.sentence)
      return 1
    }
    if ((await answered) === 'answered') return 0
    this.#screen.err('No answer came. `ai-ops status` says whether the assistant is running.')
    return 1
  }

  #hear(heard: ChatText): void {
    if (this.#screen.isTty) this.#grow(heard)
    else if (heard.isFinal) this.#screen.out(heard.text)
    if (heard.isLastPart) {
      this.#finished?.()
      this.#finished = undefined
    }
  }

  #grow(heard: ChatText): void {
    const before = this.#shown.get(heard.id) ?? ''
    const text = heard.text.replace(/…$/, '')
    const goesOn = text.startsWith(before)
    // a text that changed, not grew, is written anew
    process.stdout.write(goesOn ? text.slice(before.length) : `\n${text}`)
    this.#shown.set(heard.id, text)
    if (heard.isFinal) process.stdout.write('\n')
  }
}
