import { describe, expect, it } from 'vitest'
import { showCard } from '../../../src/interfaces/terminal/card.ts'
import { cardFacts, createScreen } from './fake-terminal.ts'

describe('the card', () => {
  it('says how to come in, how to talk here and how to use it at home', () => {
    const text = showCard(cardFacts, createScreen())
    for (const needed of [
      'AI Ops is up (9.0 s). This household is a demo and lives on this machine only.',
      'https://app.element.io',
      'http://127.0.0.1:8008',
      '@owner:localhost',
      'pass-word',
      'EsTA BBBB',
      'Element will ask for this key once.',
      'npm run chat -- --as owner',
      'to use it at home: npm run --silent ai-ops -- init',
      'Answers come from a-model at somewhere.',
    ])
      expect(text).toContain(needed)
  })

  it('shows the secrets of nobody but the owner', () => {
    const text = showCard(cardFacts, createScreen())
    expect(text).toContain('@teen:localhost')
    expect(text).not.toMatch(/teens-word|EsTB/)
  })

  it('is coloured only where colour is wanted, framed only on a terminal', () => {
    expect(showCard(cardFacts, createScreen())).not.toContain('\u001B')
    expect(showCard(cardFacts, createScreen())).not.toContain('─')
    expect(showCard(cardFacts, createScreen({ isTty: true }))).not.toContain('\u001B')
    expect(showCard(cardFacts, createScreen({ isTty: true }))).toContain('─')
    expect(showCard(cardFacts, createScreen({ isTty: true, color: true }))).toContain('\u001B[1m@owner:localhost\u001B[0m')
  })

  it('of a household that is no demo promises no demo and no password', () => {
    const text = showCard({ ...cardFacts, people: [] }, createScreen())
    expect(text).not.toMatch(/demo|password|npm run chat/)
    expect(text).toContain('http://127.0.0.1:8008')
  })

  it('says when the stand-in answers, and how to get a better model', () => {
    expect(showCard({ ...cardFacts, standIn: true }, createScreen())).toMatch(/tiny model.*ANTHROPIC_API_KEY.*AI_OPS_MODEL_BASE_URL/)
  })
})
