import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestHousehold } from '../../support/household.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'

describeWithServices('metrics of a running assistant', (services) => {
  let house: TestHousehold
  beforeAll(async () => {
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: { study: { people: ['robin'] }, control: { people: ['robin'], kind: 'control' } },
    })
    await house.start().untilReady()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  async function scrape(): Promise<string> {
    const answer = await fetch(`${house.healthUrl}/metrics`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/plain; version=0\.0\.4/u)])
    return answer.text()
  }

  it('show one turn and one call with tokens and cost, and nobody who took part', async () => {
    const robin = house.person('robin')
    const before = await scrape()
    expect(before).not.toContain('ai_ops_turns_total{')
    expect(before).toMatch(/^ai_ops_ready 1$/mu)

    await services.upstream.script({ contains: 'porcupine', script: { kind: 'text', text: 'A **quill** is a modified hair.' } })
    await robin.say(house.room('study'), 'porcupine: what is on its back?')
    await robin.waitForAnswer(house.room('study'), ({ text }) => text.includes('quill'))
    // the turn is closed after its reply is on its way
    const text = await waitUntil(
      async () => {
        const now = await scrape()
        return /^ai_ops_turns_total\{/mu.test(now) && /^ai_ops_outbox_pending 0$/mu.test(now) ? now : undefined
      },
      () => 'no turn was counted',
    )

    expect(series(text, 'ai_ops_turns_total')).toEqual([['{domain="family",tier="adult",outcome="answered"}', 1]])
    expect(series(text, 'ai_ops_turn_duration_seconds_count')).toEqual([['{tier="adult"}', 1]])
    expect(series(text, 'ai_ops_first_text_seconds_count')).toEqual([['{tier="adult"}', 1]])
    expect(series(text, 'ai_ops_model_calls_total')).toEqual([
      [expect.stringMatching(/^\{purpose="chat",alias="smart",model="[^"]+",state="settled"\}$/u), 1],
    ])
    const tokens = new Map(
      series(text, 'ai_ops_model_tokens_total').map(([labels, value]) => [/direction="(\w+)"/u.exec(labels)?.[1], value]),
    )
    expect(tokens.get('input')).toBeGreaterThan(0)
    expect(tokens.get('output')).toBeGreaterThan(0)
    // 1 and 4 dollars for a million
    const cost = ((tokens.get('input') ?? 0) + 4 * (tokens.get('output') ?? 0)) / 1e6
    expect(series(text, 'ai_ops_model_cost_usd_total')).toEqual([[expect.stringContaining('purpose="chat"'), expect.closeTo(cost, 9)]])
    expect(series(text, 'ai_ops_inbox_pending')).toEqual([['', 0]])
    expect(series(text, 'ai_ops_sync_age_seconds')[0]?.[1]).toBeLessThan(60)
    expect(series(text, 'ai_ops_free_disk_bytes')[0]?.[1]).toBeGreaterThan(0)

    for (const unsaid of ['robin', robin.userId, house.assistant, house.room('study'), 'study', 'porcupine', 'quill', '$', '@', '!'])
      expect(text).not.toContain(unsaid)
  })
})

/** Labels and value of each sample of this name. */
function series(text: string, name: string): readonly (readonly [labels: string, value: number])[] {
  return text.split('\n').flatMap((line) => {
    const [, labels, value] = new RegExp(`^${name}(\\{.*\\})? (\\S+)$`, 'u').exec(line) ?? []
    return value === undefined ? [] : [[labels ?? '', Number(value)] as const]
  })
}
