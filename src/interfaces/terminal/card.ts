import type { CardFacts, Screen } from './terminal-ports.ts'

/** The one card at the end of a start: how to come in, as whom, and what to do next. */
export function showCard(card: CardFacts, screen: Screen): string {
  const bold = (text: string): string => (screen.color ? `\u001B[1m${text}\u001B[0m` : text)
  const owner = card.people[0]
  const lines = [
    bold(`AI Ops is up (${card.seconds.toFixed(1)} s). This household is a demo and lives on this machine only.`),
    '',
    ...(owner === undefined
      ? []
      : [
          `Element       choose the homeserver ${bold(card.homeserver)} in Element and sign in`,
          `user          ${bold(owner.userId)}`,
          `password      ${bold(owner.password)}`,
          `recovery key  ${bold(owner.recoveryKey)}`,
          '              Element will ask for this key once.',
        ]),
    ...card.people.slice(1).map((person) => `also          ${person.userId}  password and key: demo.json`),
    '',
    `talk here     npm run chat -- --as ${owner?.id ?? 'owner'} --room family "Hello"`,
    `look inside   npm run --silent ai-ops -- status`,
    `at home       npm run --silent ai-ops -- init`,
    `data          ${card.home}`,
    '',
    card.standIn
      ? 'The built-in tiny model answers: it proves the pipe and knows little. Set ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, OLLAMA_API_BASE or AI_OPS_MODEL_BASE_URL for a real one.'
      : `Answers come from ${card.model}.`,
    'Ctrl-C stops everything.',
  ]
  return frame(lines, screen)
}

function frame(lines: readonly string[], screen: Screen): string {
  if (!screen.isTty) return lines.join('\n')
  return ['', '─'.repeat(72), ...lines, '─'.repeat(72)].join('\n')
}
