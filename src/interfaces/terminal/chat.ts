import { createInterface } from 'node:readline'
import { AnswerPrinter } from './answer-printer.ts'
import { Questions } from './questions.ts'
import type { AnswerEnd } from './questions.ts'
import { exitCodeOf } from './terminal-ports.ts'
import type { ExitCode, OpenChat, Screen, TerminalPorts } from './terminal-ports.ts'

export interface ChatRequest {
  readonly as: string
  readonly room: string | undefined
  /** Empty: line by line from the input, until it ends. */
  readonly text: string
}

/** Says one text and prints its answer as it grows, or goes on line by line. 0 if every question was answered. */
export async function chat(request: ChatRequest, ports: TerminalPorts, screen: Screen, signal: AbortSignal): Promise<ExitCode> {
  const opened = await ports.openChat(request)
  if (!opened.ok) {
    screen.err(opened.error.sentence)
    return exitCodeOf(opened.error)
  }
  await using room = opened.value
  // awaited here: returned unawaited, the room would be closed first
  return await (request.text === '' ? talk(request.as, room, screen, signal) : askOnce(request.text, room, screen, signal))
}

async function askOnce(text: string, room: OpenChat, screen: Screen, signal: AbortSignal): Promise<ExitCode> {
  const printer = new AnswerPrinter(screen)
  const questions = new Questions(room, signal)
  // a person sees the assistant write; a script wants its own answer and nothing else that is said meanwhile
  if (screen.isTty) {
    room.onText((heard) => {
      if (heard.author === undefined) printer.show(heard)
    })
  }
  const asked = await questions.say(text)
  if (!asked.ok) return refused(asked.error.sentence, screen)
  const end = await asked.value.answered((answer) => {
    if (!screen.isTty) printer.show(answer)
  })
  return codeOf(end, screen)
}

/** Each line is said when it comes, so that `stop` reaches an answer that is still being written. */
async function talk(as: string, room: OpenChat, screen: Screen, signal: AbortSignal): Promise<ExitCode> {
  const printer = new AnswerPrinter(screen)
  const questions = new Questions(room, signal)
  const prompt = (): void => {
    if (screen.isTty) screen.write('> ')
  }
  room.onText((heard) => {
    printer.show(heard)
    if (heard.isLastPart) prompt()
  })
  screen.err(`In ${room.roomName} as ${as}. Ctrl-D ends.`)
  prompt()
  const codes: Promise<ExitCode>[] = []
  for await (const line of createInterface({ input: screen.input, signal })) {
    if (line.trim() === '') {
      prompt()
      continue
    }
    const asked = await questions.say(line.trim())
    codes.push(
      asked.ok
        ? asked.value.answered(() => undefined).then((end) => codeOf(end, screen))
        : Promise.resolve(refused(asked.error.sentence, screen)),
    )
  }
  return (await Promise.all(codes)).find((code) => code !== 0) ?? 0
}

function refused(sentence: string, screen: Screen): ExitCode {
  screen.err(sentence)
  return 1
}

function codeOf(end: AnswerEnd, screen: Screen): ExitCode {
  if (end === 'late') screen.err('No answer came. `ai-ops status` says whether the assistant is running.')
  return end === 'answered' ? 0 : 1
}
