import { describe, expect, it, test } from 'vitest'
import type { OutboxContent } from '../../../src/contracts/edge-store.ts'
import type { EventId, TurnId, UserId } from '../../../src/contracts/ids.ts'
import { LIVE_KEY, renderEdit, renderPart, splitContent, toMatrixHtml, TURN_KEY } from '../../../src/interfaces/matrix/render-message.ts'

/** The elements and attributes of the specification's list that Markdown can lead to. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    'del h1 h2 h3 h4 h5 h6 blockquote p ul sup sub li b i u strong em s hr br div table thead tbody tr th td caption pre span'
      .split(' ')
      .map((tag) => [tag, []]),
  ),
  a: ['href'],
  ol: ['start'],
  code: ['class'],
}

/** What a client would see as elements, attributes and addresses. */
function strangersIn(html: string): readonly string[] {
  return [...html.matchAll(/<\/?([a-zA-Z][^\s/>]*)([^>]*)>/g)].flatMap(([whole, tag = '', rest = '']) => {
    const attributes = allowed[tag.toLowerCase()]
    if (attributes === undefined) return [whole]
    const given = [...rest.matchAll(/([a-zA-Z-]+)="([^"]*)"/g)]
    return given.flatMap(([, name = '', value = '']) => {
      const isGood =
        attributes.includes(name) &&
        (name !== 'href' || /^(https?:|mailto:)/.test(value)) &&
        (name !== 'class' || value.startsWith('language-'))
      return isGood ? [] : [`${tag} ${name}=${value}`]
    })
  })
}

const answer = (markdown: string, more: Partial<OutboxContent> = {}): OutboxContent => ({
  kind: 'answer',
  markdown,
  replyTo: undefined,
  threadRoot: undefined,
  mentions: [],
  draft: undefined,
  ...more,
})
const final = { kind: 'final', turn: 'T1' as TurnId, part: 0, parts: 1 } as const
const question = '$question' as EventId
const robin = '@robin:localhost' as UserId

describe('toMatrixHtml', () => {
  test.each([
    ['**bold** and *soft*', '<strong>bold</strong> and <em>soft</em>'],
    ['a\nb', 'a<br>\nb'],
    ['one\n\ntwo', '<p>one</p>\n<p>two</p>'],
    ['3. three\n4. four', '<ol start="3">\n<li>three</li>\n<li>four</li>\n</ol>'],
    ['`x < y`', '<code>x &lt; y</code>'],
    ['```js\nlet x\n```', '<pre><code class="language-js">let x\n</code></pre>'],
    ['[site](https://example.org/?a=1&b=2)', '<a href="https://example.org/?a=1&amp;b=2">site</a>'],
  ])('%j', (text, html) => {
    expect(toMatrixHtml(text)).toBe(html)
  })

  test.each(['plain words', 'a < b & c > d', '"quoted"', ' spaces around '])('says nothing where plain text says the same: %j', (text) => {
    expect(toMatrixHtml(text)).toBeUndefined()
  })

  test.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<b onclick="x">bold</b>\n\n<div style="position:fixed">over everything</div>',
    '<mx-reply><blockquote>somebody else said</blockquote></mx-reply>',
    '<!-- comment --> <![CDATA[x]]> <?php x ?> <!DOCTYPE html>',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](java\tscript:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](data:text/html;base64,PHNjcmlwdD4=)',
    '[x](vbscript:x) [y](file:///etc/passwd) [z](blob:x)',
    '[x](//example.org/without-scheme) [y](relative/path) [z](#anchor)',
    '<javascript:alert(1)> <data:text/html,x>',
    '[x]\n\n[x]: javascript:alert(1)',
    '[x](https://example.org "a title" )',
    '![a picture](https://tracker.example.org/who-reads.png)',
    '![a picture][p]\n\n[p]: https://tracker.example.org/who-reads.png',
    '[![in a link](https://tracker.example.org/1.png)](https://example.org)',
    '| a | b |\n|:--|--:|\n| <u>1</u> | 2 |',
    '```"><script>alert(1)</script>\ncode\n```',
    '```js" onclick="x\ncode\n```',
    '# <h1>title</h1>\n\n***\n\n~~gone~~\n\n> quote <q>x</q>',
    '&lt;script&gt;alert(1)&lt;/script&gt;',
    `${'> '.repeat(300)}deep`,
    `${'['.repeat(500)}x${'](javascript:y)'.repeat(500)}`,
  ])('gives hostile text no element, attribute or address beyond the specification: %#', (text) => {
    expect(strangersIn(toMatrixHtml(text) ?? '')).toEqual([])
  })

  it('asks no server for a picture', () => {
    expect(toMatrixHtml('![who](https://tracker.example.org/x.png)')).not.toContain('<img')
  })
})

describe('a rendered message', () => {
  it('replies and mentions in its first part only, and stays in its thread with every part', () => {
    const content = answer('hi', { replyTo: question, mentions: [robin], threadRoot: '$root' as EventId })
    expect(renderPart(content, 'hi', { ...final, parts: 2 })).toMatchObject({
      msgtype: 'm.text',
      'm.mentions': { user_ids: [robin] },
      'm.relates_to': { rel_type: 'm.thread', event_id: '$root', is_falling_back: true, 'm.in_reply_to': { event_id: question } },
      [TURN_KEY]: { id: 'T1', part: 0, parts: 2 },
    })
    expect(renderPart(content, 'more', { ...final, part: 1, parts: 2 })).toMatchObject({
      'm.mentions': {},
      'm.relates_to': { rel_type: 'm.thread', event_id: '$root', is_falling_back: true, 'm.in_reply_to': { event_id: '$root' } },
    })
    const second = renderPart(answer('hi', { replyTo: question }), 'more', { ...final, part: 1, parts: 2 })
    expect(second).not.toHaveProperty('m.relates_to')
  })

  it('always says whom it mentions, so that no client guesses from the text', () => {
    expect(renderPart(answer('hello @room'), 'hello @room', final)['m.mentions']).toEqual({})
  })

  it('rings nobody a second time when it is edited, and says in its final content whom it is for', () => {
    const edit = renderEdit(answer('new', { mentions: [robin] }), 'new', { target: '$draft' as EventId, mark: final })
    expect(edit).toMatchObject({
      body: '* new',
      'm.mentions': {},
      'm.new_content': { body: 'new', 'm.mentions': { user_ids: [robin] } },
      'm.relates_to': { rel_type: 'm.replace', event_id: '$draft' },
    })
  })

  it('marks a growing text as live and a final one by its turn', () => {
    const growing = renderPart(answer('x'), 'x', { kind: 'live' })
    expect(growing).toHaveProperty([LIVE_KEY])
    expect(growing).not.toHaveProperty([TURN_KEY])
    expect(renderPart(answer('x'), 'x', final)).not.toHaveProperty([LIVE_KEY])
  })

  test.each([
    ['answer', 'm.text'],
    ['alert', 'm.text'],
    ['notice', 'm.notice'],
  ] as const)('%s is %s', (kind, msgtype) => {
    expect(renderPart(answer('x', { kind }), 'x', final)['msgtype']).toBe(msgtype)
  })
})

describe('splitContent', () => {
  /** Megolm adds some 100 bytes, base64 a third; the envelope of the event stays below 2,000. */
  const sentBytes = (content: object): number => Math.ceil(((Buffer.byteLength(JSON.stringify(content)) + 200) * 4) / 3) + 2_000

  test.each([
    ['words', 'word '.repeat(40_000)],
    ['no blanks', 'x'.repeat(200_000)],
    ['what HTML swells five times', '&'.repeat(60_000)],
    ['what JSON swells six times', '\u0001'.repeat(60_000)],
    ['emoji', '👩‍👩‍👧‍👦'.repeat(6_000)],
    ['emphasis everywhere', '**a** '.repeat(20_000)],
    ['one cell tables', '|a|\n|-|\n|b|\n\n'.repeat(5_000)],
    ['quotes', `${'> '.repeat(90)}x\n\n`.repeat(300)],
  ])('every part stays below the size of an event even as an edit: %s', (_name, markdown) => {
    const content = answer(markdown, { replyTo: question, threadRoot: question, mentions: [robin] })
    for (const text of splitContent(content)) {
      expect(text.trim()).not.toBe('')
      const edit = renderEdit(content, text, { target: question, mark: { ...final, part: 98, parts: 99 } })
      expect(sentBytes(edit)).toBeLessThan(65_536)
    }
  })

  it('is one part for an ordinary answer, and never none', () => {
    expect(splitContent(answer('hello'))).toEqual(['hello'])
    expect(splitContent(answer(''))).toEqual([''])
  })
})
