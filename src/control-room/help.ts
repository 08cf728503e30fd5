import type { Command, Ordered } from './command.ts'

/** All commands of this room, a line each; or how one of them is used. */
export function helpOn(commands: readonly Command[], { words, say }: Pick<Ordered, 'words' | 'say'>): string {
  const [topic] = words
  const asked = topic?.toLowerCase().replace(/^!/u, '')
  const command = commands.find(({ name, aliases }) => name === asked || aliases.includes(asked ?? ''))
  if (command !== undefined) return say(`order-help.${command.name}`)
  const lines = commands.map(({ name }) => `- **!${name}**: ${say(`order-line.${name}`)}`)
  return [say('order.help-begin'), '', ...lines, '', say('order.help-end')].join('\n')
}

/** Stands in the list; what it answers is made of all the others. */
export const help: Command = {
  name: 'help',
  aliases: ['hilfe'],
  places: ['control', 'parents'],
  run: () => Promise.reject(new Error('help is answered by the control room itself')),
}
