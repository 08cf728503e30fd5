import type { ChatText, Screen } from './terminal-ports.ts'

/** Prints what others say. On a terminal a growing text is written on as it grows, elsewhere it is printed once it is final. */
export class AnswerPrinter {
  readonly #screen: Screen
  readonly #shown = new Map<string, string>()
  /** The text whose line the cursor stands in. */
  #open: string | undefined

  constructor(screen: Screen) {
    this.#screen = screen
  }

  show(heard: ChatText): void {
    if (this.#screen.isTty) this.#grow(heard)
    else if (heard.isFinal) this.#screen.out(signed(heard))
  }

  #grow(heard: ChatText): void {
    const before = this.#shown.get(heard.id)
    const text = signed(heard)
    // the mark of a text that goes on stands at its end only until more comes
    const stable = heard.isFinal ? text : text.replace(/\s*…$/, '')
    const goesOn = this.#open === heard.id && before !== undefined && stable.startsWith(before)
    if (goesOn) this.#screen.write(stable.slice(before.length))
    else {
      // another text came between, or this one changed and did not grow: it is written anew
      this.#screen.write(this.#open === undefined ? stable : `\n${stable}`)
    }
    if (heard.isFinal) {
      this.#screen.write('\n')
      this.#shown.delete(heard.id)
      this.#open = undefined
    } else {
      this.#shown.set(heard.id, stable)
      this.#open = heard.id
    }
  }
}

function signed({ author, text }: ChatText): string {
  return author === undefined ? text : `${author}: ${text}`
}
