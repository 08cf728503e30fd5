import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Method } from 'matrix-js-sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestHousehold } from '../../support/household.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'

/** A word nobody else writes. */
const word = (name: string): string => `${name}${randomUUID().replaceAll('-', '')}`

describeWithServices('nothing plain', (services) => {
  let house: TestHousehold
  beforeAll(async () => {
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' }, alex: { role: 'adult' } },
      rooms: { study: { people: ['robin'] }, family: { people: ['robin', 'alex'] }, control: { people: ['robin'], kind: 'control' } },
    })
  })
  afterAll(() => house[Symbol.asyncDispose]())

  it('of any message lies in the files of the homeserver, the gateway or the assistant, or in what it prints', async () => {
    const [robin, alex, study, family] = [house.person('robin'), house.person('alex'), house.room('study'), house.room('family')]
    const asked = word('asked')
    const answered = word('answered')
    const streamed = word('streamed')
    const overheard = word('overheard')
    const edited = word('edited')
    const failed = word('failed')
    const openly = word('openly')
    const markers = [asked, answered, streamed, overheard, edited, failed]
    await services.upstream.script({ contains: asked, script: { kind: 'text', text: `The answer is ${answered}.` } })
    await services.upstream.script({
      contains: streamed,
      script: { kind: 'text', text: `This is ${streamed}. `.repeat(8), chunks: 8, chunkDelayMs: 300 },
    })
    await services.upstream.script({ contains: edited, script: { kind: 'text', text: 'Noted.' } })
    await services.upstream.script({ contains: failed, script: { kind: 'status', status: 401, message: `No key for ${failed}` } })

    let output = ''
    {
      await using bot = house.start()
      await bot.untilReady()
      await robin.say(study, `What is ${asked}?`)
      await robin.waitForAnswer(study, ({ text }) => text.includes(answered))
      await robin.say(study, `Say ${streamed} slowly`)
      const slow = await robin.waitForAnswer(study, ({ text }) => text.includes(streamed))
      expect(slow.edits).toBeGreaterThan(1)
      const question = await robin.say(study, 'Never mind')
      await robin.say(study, '', { content: editOf(question, `What about ${edited}?`) })
      await alex.say(family, `Between us: ${overheard}`)
      await alex.waitForAnswer(family, ({ text }) => text.includes('I say this only once'))
      await robin.say(study, `Try ${failed}`)
      await robin.waitForAnswer(study, ({ text }) => text.includes('does not accept our key'))
      const path = `/rooms/${encodeURIComponent(study)}/send/m.room.message/${randomUUID()}`
      await robin.client.http.authedRequest(Method.Put, path, undefined, { msgtype: 'm.text', body: `Openly: ${openly}` })
      await waitUntil(
        async () => ((await bot.status())?.settled['plain-in-encrypted-room'] === 1 ? true : undefined),
        () => 'the unencrypted message has not come',
      )
      expect(await filesWith([house.home], [...markers, openly])).toEqual([])
      output = bot.output
      expect(output).toContain('"outcome":"answered"')
    }
    expect(await filesWith([house.home, services.home], markers)).toEqual([])
    expect([...markers, openly].filter((marker) => output.includes(marker))).toEqual([])
    // the search finds what is there: the unencrypted message lies in the homeserver's database
    expect((await filesWith([services.home], [openly])).length).toBeGreaterThan(0)
  })
})

function editOf(target: string, body: string): Readonly<Record<string, unknown>> {
  return {
    msgtype: 'm.text',
    body: `* ${body}`,
    'm.new_content': { msgtype: 'm.text', body },
    'm.relates_to': { rel_type: 'm.replace', event_id: target },
  }
}

/** Every file below the folders that holds one of the words, in the encodings text is stored in. */
async function filesWith(folders: readonly string[], words: readonly string[]): Promise<readonly string[]> {
  const needles = words.flatMap((text) => [Buffer.from(text), Buffer.from(text, 'utf16le'), ...base64Forms(text)])
  const found: string[] = []
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const file = join(entry.parentPath, entry.name)
      const bytes = await readFile(file)
      if (needles.some((needle) => bytes.includes(needle))) found.push(file)
    }
  }
  return found
}

/** A text inside base64 looks in three ways, as it begins at a first, second or third byte; the ends depend on the neighbours. */
function base64Forms(text: string): readonly Buffer[] {
  return [0, 1, 2].map((offset) =>
    Buffer.from(
      Buffer.from(' '.repeat(offset) + text)
        .toString('base64')
        .slice(4, -4),
    ),
  )
}
