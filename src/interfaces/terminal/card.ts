import type { CardFacts, Screen } from './terminal-ports.ts'

const SIGN_IN_PAGE = 'https://app.element.io/#/login'

/** The one card at the end of a start: how to come in, as whom, and what to do next. */
export function showCard(card: CardFacts, screen: Screen): string {
  const bold = (text: string): string => (screen.color ? `\u001B[1m${text}\u001B[0m` : text)
  const [owner] = card.people
  const about = owner === undefined ? '' : ' This household is a demo and lives on this machine only.'
  return frame(
    [
      bold(`AI Ops is up (${card.seconds.toFixed(1)} s).${about}`),
      '',
      ...signInLines(card, bold),
      `look inside   npm run --silent ai-ops -- status`,
      `at home       to use it at home: npm run --silent ai-ops -- init`,
      `data          ${card.home}`,
      '',
      card.standIn
        ? 'The built-in tiny model answers: it proves the pipe and knows little. Set ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, OLLAMA_API_BASE or AI_OPS_MODEL_BASE_URL for a real one.'
        : `Answers come from ${card.model}.`,
      'Ctrl-C stops everything.',
    ],
    screen,
  )
}

/** Only a demo's passwords are ours to show. */
function signInLines({ homeserver, people }: CardFacts, bold: (text: string) => string): readonly string[] {
  const [owner, ...others] = people
  if (owner === undefined) return [`homeserver    ${homeserver}`]
  return [
    `Element       ${SIGN_IN_PAGE} or Element Desktop`,
    `homeserver    ${bold(homeserver)}`,
    `user          ${bold(owner.userId)}`,
    `password      ${bold(owner.password)}`,
    `recovery key  ${bold(owner.recoveryKey)}`,
    '              Element will ask for this key once.',
    ...others.map((person) => `also          ${person.userId}  password and key: demo.json`),
    '',
    `talk here     npm run chat -- --as ${owner.name} --room family "Hello"`,
  ]
}

function frame(lines: readonly string[], screen: Screen): string {
  if (!screen.isTty) return lines.join('\n')
  return ['', '─'.repeat(72), ...lines, '─'.repeat(72)].join('\n')
}
