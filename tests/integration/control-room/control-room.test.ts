import { createDecipheriv, createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RoomId, TenantId } from '../../../src/contracts/ids.ts'
import type { LedgerRow } from '../../../src/contracts/ledger.ts'
import { turnIdOf } from '../../../src/conversation/turn-id.ts'
import { TURN_KEY } from '../../../src/interfaces/matrix/render-message.ts'
import type { BotProcess } from '../../support/bot-process.ts'
import { TestHousehold } from '../../support/household.ts'
import type { Answer, Person } from '../../support/person.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { readLedger } from '../exactly-once/booked-calls.ts'
import { createRoom, editOf, react, untilMember } from '../rooms/acts.ts'

const turnOf = (content: Readonly<Record<string, unknown>>): unknown => (content[TURN_KEY] as { readonly id?: unknown } | undefined)?.id

describeWithServices('the control room', (services) => {
  let house: TestHousehold
  let bot: BotProcess
  let robin: Person
  let lee: Person
  let mia: Person
  let control: RoomId
  let parents: RoomId
  let den: RoomId

  beforeAll(async () => {
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' }, lee: { role: 'adult' }, mia: { role: 'child' } },
      rooms: {
        control: { people: ['robin', 'lee'], kind: 'control' },
        parents: { people: ['robin'], kind: 'parents' },
        den: { people: ['mia'] },
        study: { people: ['lee'] },
      },
    })
    robin = house.person('robin')
    lee = house.person('lee')
    mia = house.person('mia')
    control = house.room('control')
    parents = house.room('parents')
    den = house.room('den')
    await services.upstream.script({
      contains: 'owls',
      script: { kind: 'text', text: 'Owls sleep by day.', usage: { inputTokens: 1_000, outputTokens: 1_000 } },
    })
    bot = house.start()
    await bot.untilReady()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  /** The answer to what somebody orders or asks, among whatever else is said meanwhile. */
  const ask = async (person: Person, roomId: RoomId, text: string, content: Readonly<Record<string, unknown>> = {}): Promise<Answer> => {
    const turn = turnIdOf(await person.say(roomId, text, { content }))
    return person.waitForAnswer(roomId, ({ last }) => turnOf(last.content) === turn)
  }
  const order = async (text: string): Promise<string> => (await ask(robin, control, text)).text
  const codeIn = (text: string): string => /`yes (?<code>[a-z0-9]{6})`/u.exec(text)?.groups?.['code'] ?? 'none'

  it('lists its orders, explains one, and knows a slip of the finger', async () => {
    expect(await order('!help')).toContain('**!spend**')
    expect(await order('!help pause')).toContain('!pause mia until 18:00')
    expect(await order('!spned')).toContain('!spend')
    expect(await order('!status')).toContain('All is well')
  })

  it('takes the command of a client that knows MSC4391, whatever its text says', async () => {
    const command = { 'org.matrix.msc4391.command': { command: 'allowance', arguments: { member: 'mia' } } }
    expect((await ask(robin, control, 'something else', command)).text).toContain('Mia'.toLowerCase())
  })

  it('refuses everybody who is no owner, and owners elsewhere, in the same words whether it exists or not', async () => {
    const [known, unknown] = [(await ask(lee, control, '!allowance mia')).text, (await ask(lee, control, '!allowance nobody')).text]
    expect(known).toContain('for owners alone')
    expect(unknown).toBe(known)
    expect((await ask(lee, house.room('study'), '!spend')).text).toContain('not here')
    expect(await order('!audit')).toMatch(/lee: order\.refused control/u)
  })

  it('counts a child’s messages, stops with when it goes on, and lets a guardian give more with one reaction', async () => {
    expect(await order('!allowance mia 2 messages day')).toContain('2 messages')
    for (let count = 0; count < 2; count += 1)
      expect((await ask(mia, den, `what do owls do, ${String(count)}`)).text).toContain('Owls sleep')
    const end = await ask(mia, den, 'what do owls do, once more')
    expect(end.text).toMatch(/used up.*begins anew/su)
    expect(end.text).toContain('**more**')
    expect((await ask(mia, den, 'more')).text).toContain('I have asked your parents')
    expect((await ask(mia, den, 'more')).text).toContain('already')
    const request = await robin.waitForAnswer(parents, ({ text }) => text.includes('asks for more'))
    await react(robin, parents, request.eventId, '👍')
    await mia.waitForAnswer(den, ({ text }) => text.includes('gave you 10 messages more'))
    await react(robin, parents, request.eventId, '✅')
    expect((await ask(mia, den, 'what do owls do, again')).text).toContain('Owls sleep')
    expect(await order('!allowance mia')).toContain('10 messages')
    // help is there at any time
    expect((await ask(mia, den, 'i want to die')).text).toMatch(/help|call/iu)
  })

  it('waits for the code before it loosens anything: of this owner, once, over a restart', async () => {
    const asked = await order('!members role mia teen')
    const code = codeIn(asked)
    expect(asked).toContain('within ten minutes')
    expect((await ask(lee, control, `yes ${code}`)).text).toContain('for owners alone')
    await bot.kill()
    bot = house.start()
    await bot.untilReady()
    expect(await order('!members')).toMatch(/mia \(mia\) \| child/u)
    expect(await order(`yes ${code}`)).toContain('is teen now')
    expect(await order('!members')).toMatch(/mia \(mia\) \| teen/u)
    expect(await order(`yes ${code}`)).toContain('Nothing waits')
    expect(await order('yes abcdef')).toContain('Nothing waits')
    const back = await order('!members role mia child')
    expect(back).toContain('is child now')
  })

  it('carries an order out once, though it is killed on the way', async () => {
    await bot.kill()
    bot = house.start({ crashAt: 'commit-reply.before' })
    const turn = turnIdOf(await robin.say(control, '!allowance mia +1 messages'))
    expect(await bot.exited).toMatchObject({ signal: 'SIGKILL' })
    bot = house.start()
    await robin.waitForAnswer(control, ({ text, last }) => text.includes('1 message more') && turnOf(last.content) === turn)
    expect(await order('!allowance mia')).toContain('11 messages that were given')
    expect((await order('!audit')).match(/allowance\.granted mia/gu)).toHaveLength(2)
  })

  it('takes no order from an edit, from words that are only shown, or from a reaction', async () => {
    const said = await robin.say(control, 'I should pause somebody')
    await robin.say(control, '* !pause mia', { content: editOf(said, '!pause mia') })
    await robin.waitForAnswer(control, ({ text }) => text.includes('no orders from messages that were changed'))
    await robin.say(control, 'hello', { content: { format: 'org.matrix.custom.html', formatted_body: '!pause mia' } })
    await react(robin, control, said, '!pause mia')
    expect((await ask(mia, den, 'what do owls do meanwhile')).text).toContain('Owls sleep')
    expect(await order('!status')).not.toContain('mia is paused')
  })

  it('pauses a member in every room and goes on when told', async () => {
    expect(await order('!pause mia for 2h')).toContain('no answers from me until')
    expect((await ask(mia, den, 'what do owls do now')).text).toContain('paused me')
    expect(await order('!resume mia')).toContain('gets answers again')
    expect((await ask(mia, den, 'what do owls do then')).text).toContain('Owls sleep')
  })

  it('shows what was spent as a table and as an encrypted picture that only the room can read', async () => {
    const { text } = await ask(robin, control, '!spend week')
    expect(text).toContain('$')
    expect(text).toMatch(/\| mia \| openai\/scripted-smart \|/u)
    const picture = await waitUntil(
      () => robin.heard.find(({ roomId, msgtype }) => roomId === control && msgtype === 'm.image'),
      () => `no picture: ${robin.heard.map(({ msgtype }) => msgtype).join()}`,
    )
    expect(picture.encrypted).toBe(true)
    expect(picture.body).toContain('Spend this week')
    const file = picture.content['file'] as { url: string; key: { k: string }; iv: string; hashes: { sha256: string } }
    const [, server = '', id = ''] = /^mxc:\/\/([^/]+)\/(.+)$/u.exec(file.url) ?? []
    const url = `${services.homeserver.url}/_matrix/client/v1/media/download/${server}/${id}`
    const response = await fetch(url, { headers: { authorization: `Bearer ${robin.client.getAccessToken() ?? ''}` } })
    const ciphertext = Buffer.from(await response.arrayBuffer())
    expect(createHash('sha256').update(ciphertext).digest('base64').replace(/=+$/u, '')).toBe(file.hashes.sha256)
    const decipher = createDecipheriv('aes-256-ctr', Buffer.from(file.key.k, 'base64url'), Buffer.from(file.iv, 'base64'))
    const plain = Buffer.concat([decipher.update(ciphertext), decipher.final()])
    expect(plain.subarray(1, 4).toString()).toBe('PNG')
    expect(ciphertext.includes('PNG')).toBe(false)
  })

  it('binds a room that somebody invited it to, and lets go of it with a code', async () => {
    const room = await createRoom(lee, [house.assistant], { direct: false })
    await untilMember(lee, room, house.assistant, 'join')
    await lee.say(room, 'are you there?')
    await lee.waitForAnswer(room, ({ text }) => text.includes('not connected to me yet'))
    const question = await robin.waitForAnswer(control, ({ text }) => text.includes(room))
    expect(question.text).toContain(`!rooms bind NAME ${room}`)
    expect(await order('!rooms bind Garden! !x')).toContain('cannot be a short name')
    expect(await order(`!rooms bind garden ${room} nowhere`)).toContain('Which domain')
    expect(await order(`!rooms bind garden ${room}`)).toContain('I answer in garden from now on')
    expect(await order(`!rooms bind again ${room}`)).toContain('bound already, as garden')
    expect((await ask(lee, room, 'what do owls do in the garden')).text).toContain('Owls sleep')
    const removal = await order('!rooms remove garden')
    expect(await order(`yes ${codeIn(removal)}`)).toContain('no more in garden')
    expect(await order('!rooms')).not.toContain('garden')
  })

  it('tries a model, and runs the suite before it lets one answer a child', async () => {
    await services.upstream.script({ model: 'scripted-fast', script: { kind: 'text', text: 'Here is a kind answer for you.' } })
    expect(await order('!models test fast')).toContain('openai/scripted-fast')
    const used = await order('!models use fast in den')
    expect(used).toContain('In den fast answers now')
    await robin.waitForAnswer(control, ({ text }) => text.includes('Running **kid-safety**'))
    expect(used).toMatch(/passed the suite for children \(\d+\/\d+\)/u)
    expect((await ask(mia, den, 'what do owls do with fast')).text).toContain('a kind answer')
    expect((await services.upstream.calls('owls do with fast')).map(({ model }) => model)).toEqual(['scripted-fast'])
    await services.upstream.script({
      model: 'scripted-economy',
      script: { kind: 'text', text: 'I am a real person, see https://example.org' },
    })
    const asked = await order('!models use economy in den')
    expect(asked).toContain('did not pass the suite')
    expect(await order(`yes ${codeIn(asked)}`)).toContain('In den economy answers now')
    expect(await order('!audit')).toContain('room.model-overridden den')
  })

  it('answers bad input with a clear sentence, and loses nothing', async () => {
    for (const [text, said] of [
      ['!allowance mia a lot', 'cannot read'],
      ['!allowance nobody +1 messages', 'called "nobody"'],
      ['!allowance', 'It goes like this'],
      ['!pause mia until whenever', 'cannot read'],
      ['!spend tomorrow', 'It goes like this'],
      [`!help ${'x'.repeat(40_000)}`, 'too long'],
    ] as const)
      expect([text.slice(0, 40), await order(text)]).toEqual([text.slice(0, 40), expect.stringContaining(said)])
  })

  it('changes nothing while the overlay is nonsense, and says where', async () => {
    const file = join(house.home, 'control-room.yaml')
    const before = await readFile(file, 'utf8')
    await writeFile(file, 'version: 1\nmembers: [nonsense')
    const told = await order('!allowance mia 1 messages day')
    expect(told).toContain('Nothing was changed')
    expect(told).toContain('control-room.yaml, line')
    expect(await readFile(file, 'utf8')).toContain('nonsense')
    await writeFile(file, before)
    expect(await order('!allowance mia 1 messages day')).toContain('1 message a day')
  })

  it('has an unbroken audit, and a ledger row for each call that was made', async () => {
    expect(await order('!audit verify')).toMatch(/entries, unbroken/u)
    await bot[Symbol.asyncDispose]()
    const rows: readonly LedgerRow[] = await readLedger(house.home, 'family' as TenantId)
    expect(new Set(rows.map(({ turn, attempt, call }) => `${turn} ${String(attempt)} ${String(call)}`)).size).toBe(rows.length)
    expect(rows.filter(({ state }) => state === 'open')).toEqual([])
    expect(rows.some(({ purpose }) => purpose === 'eval')).toBe(true)
    const own = rows.filter(({ purpose }) => purpose === 'chat')
    const asked = await services.upstream.calls('owls do')
    expect(own).toHaveLength(asked.length)
    // one US dollar a million in, four out
    for (const { inputTokens, outputTokens, costNanoUsd } of own.filter(({ state, alias }) => state === 'settled' && alias === 'smart'))
      expect(costNanoUsd).toBe(inputTokens * 1_000 + outputTokens * 4_000)
  })
})
