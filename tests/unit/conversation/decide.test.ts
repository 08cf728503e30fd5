import { describe, expect, test } from 'vitest'
import type { EventId, MemberId, TurnId } from '../../../src/contracts/ids.ts'
import { type Decision, type DecisionInput, decide } from '../../../src/conversation/decide.ts'
import { ASSISTANT, binding, edit, member, message, person, reaction, redaction, user, view } from './conversation-fixtures.ts'

const alone = view([person('robin')])
const shared = view([person('robin'), person('alex')])
const plainRoom = view([person('robin')], { encryption: 'plain' })
const plainShared = view([person('robin'), person('alex')], { encryption: 'plain' })
const plain = { provenance: 'plain' } as const
const mention = { mentions: [ASSISTANT] }
const target = '$target' as EventId

function decideAbout(input: Partial<DecisionInput> & Pick<DecisionInput, 'incoming'>): Decision {
  return decide({
    view: alone,
    binding: binding(),
    member: member('robin'),
    trust: 'signed',
    assistant: { userId: ASSISTANT, accounts: [ASSISTANT], names: ['Ada', 'Assistant'] },
    isReplyToAssistant: false,
    isInAssistantThread: false,
    request: undefined,
    hintGiven: false,
    ...input,
  })
}

type Case = readonly [what: string, input: Partial<DecisionInput> & Pick<DecisionInput, 'incoming'>, decision: Decision]
const chat = (text: string): Decision => ({ kind: 'chat', text })
const ignore = (reason: Extract<Decision, { kind: 'ignore' }>['reason']): Decision => ({ kind: 'ignore', reason })
const command = (name: 'help' | 'new' | 'privacy' | 'ask'): Decision => ({ kind: 'command', name })
const unencrypted: Decision = { kind: 'refuse', sentence: 'room.unencrypted', oncePerRoom: true }
const media: Decision = { kind: 'refuse', sentence: 'media.unsupported', oncePerRoom: false }

const whoAndWhere: readonly Case[] = [
  ['one person with the assistant needs no address', { incoming: message('hello') }, chat('hello')],
  [
    'an invited second person is a second person',
    { incoming: message('hello'), view: view([person('robin'), person('alex', 'invite')]) },
    { kind: 'hint' },
  ],
  ['uncertain members are not alone', { incoming: message('hello'), view: { ...alone, membersComplete: false } }, { kind: 'hint' }],
  ['our own event', { incoming: message('hello', { sender: ASSISTANT }) }, ignore('own')],
  ['a message in an unbound room', { incoming: message('hello'), binding: undefined, member: undefined }, { kind: 'unbound' }],
  ['help in an unbound room', { incoming: message('help'), binding: undefined, member: undefined }, { kind: 'unbound' }],
  ['a reaction in an unbound room', { incoming: reaction(target, '🛑'), binding: undefined, member: undefined }, ignore('unbound-room')],
  ['a message older than the binding', { incoming: message('hello'), binding: binding({ boundAt: 2_000 }) }, ignore('older-than-binding')],
  ['a stranger', { incoming: message('hello', mention), member: undefined }, ignore('unknown-sender')],
  ["a stranger's help", { incoming: message('help', mention), member: undefined }, ignore('unknown-sender')],
  ["a stranger's stop", { incoming: reaction(target, '🛑'), member: undefined }, ignore('unknown-sender')],
  ['a guest is a member', { incoming: message('hello'), member: member('gast', { role: 'guest' }) }, chat('hello')],
]

const provenance: readonly Case[] = [
  ['plain in an encrypted room', { incoming: message('hello', plain) }, ignore('plain-in-encrypted-room')],
  [
    'plain in a room of unknown encryption',
    { incoming: message('hello', plain), view: { ...alone, encryption: 'unknown' } },
    ignore('plain-in-encrypted-room'),
  ],
  ['a plain edit in an encrypted room', { incoming: edit(target, 'x', plain) }, ignore('plain-in-encrypted-room')],
  ['an unsigned device', { incoming: message('hello', { provenance: 'unsigned' }) }, ignore('unsigned-device')],
  ['an unsigned device where any is trusted', { incoming: message('hello', { provenance: 'unsigned' }), trust: 'any' }, chat('hello')],
  ['a key from the backup', { incoming: message('hello', { provenance: 'indirect' }) }, chat('hello')],
  ['decrypted before the room state is known', { incoming: message('hello'), view: { ...alone, encryption: 'unknown' } }, chat('hello')],
  ['a message in a plain room', { incoming: message('hello', plain), view: plainRoom }, unencrypted],
  ['help in a plain room', { incoming: message('help', plain), view: plainRoom }, command('help')],
  ['unaddressed in a plain room', { incoming: message('hello', plain), view: plainShared }, ignore('not-addressed')],
]

const addressed: readonly Case[] = [
  ['nobody addressed, first time', { incoming: message('hello'), view: shared }, { kind: 'hint' }],
  ['nobody addressed, later', { incoming: message('hello'), view: shared, hintGiven: true }, ignore('not-addressed')],
  ['a photo for others', { incoming: message('', { content: 'media' }), view: shared }, ignore('not-addressed')],
  ['a photo for the assistant', { incoming: message('', { content: 'media', ...mention }), view: shared }, media],
  ['a photo when alone', { incoming: message('', { content: 'media' }) }, media],
  ['a mention', { incoming: message('what now?', mention), view: shared }, chat('what now?')],
  ["someone else's mention", { incoming: message('what now?', { mentions: [user('alex')] }), view: shared }, { kind: 'hint' }],
  ['a mention with the name in front', { incoming: message('Assistant what now?', mention), view: shared }, chat('what now?')],
  ['the profile name with a colon', { incoming: message('Ada: what now?'), view: shared }, chat('what now?')],
  ['the name with a comma, in any case', { incoming: message('  ASSISTANT, what now?'), view: shared }, chat('what now?')],
  ['the name behind an at', { incoming: message('@assistant what now?'), view: shared }, chat('what now?')],
  ['the whole user id', { incoming: message('@assistant:home: what now?'), view: shared }, chat('what now?')],
  ['a name that only begins the sentence', { incoming: message('Ada is a nice name'), view: shared }, { kind: 'hint' }],
  ['a longer word', { incoming: message('@assistants: what now?'), view: shared }, { kind: 'hint' }],
  ['a reply to the assistant', { incoming: message('and?'), view: shared, isReplyToAssistant: true }, chat('and?')],
  ["a message in the assistant's thread", { incoming: message('and?'), view: shared, isInAssistantThread: true }, chat('and?')],
  ['only the name', { incoming: message('@assistant'), view: shared }, command('help')],
  [
    'everything, where everything is answered',
    { incoming: message('hello'), view: shared, binding: binding({ answers: 'all' }) },
    chat('hello'),
  ],
  [
    'unaddressed alone, where only address is answered',
    { incoming: message('hello'), binding: binding({ answers: 'addressed' }) },
    chat('hello'),
  ],
  ['never', { incoming: message('hello', mention), binding: binding({ answers: 'never' }) }, ignore('never-answers')],
  ['never, and no hint', { incoming: message('hello'), view: shared, binding: binding({ answers: 'never' }) }, ignore('never-answers')],
  ['the control room', { incoming: message('hello'), binding: binding({ kind: 'control' }) }, ignore('never-answers')],
  ["the parents' room", { incoming: message('hello', mention), binding: binding({ kind: 'parents' }) }, ignore('never-answers')],
]

const commands: readonly Case[] = [
  ...(['help', 'Hilfe', '!help', ' HELP ', '!ai-ops help'] as const).map((text): Case => [
    text,
    { incoming: message(text) },
    command('help'),
  ]),
  ...(['new', 'neu', '!new'] as const).map((text): Case => [text, { incoming: message(text) }, command('new')]),
  ...(['privacy', 'Datenschutz'] as const).map((text): Case => [text, { incoming: message(text) }, command('privacy')]),
  ...(['stop', 'stopp', '!stop', '🛑', '🛑\uFE0F'] as const).map((text): Case => [text, { incoming: message(text) }, { kind: 'stop' }]),
  ...(['ask', 'Ask a parent', '!ask', 'frag', 'Frag meine Eltern', 'frag die eltern'] as const).map((text): Case => [
    text,
    { incoming: message(text) },
    command('ask'),
  ]),
  ['a question that begins with ask is no command', { incoming: message('ask me a riddle') }, chat('ask me a riddle')],
  ['a word among others is no command', { incoming: message('help me please') }, chat('help me please')],
  ['help for the assistant among others', { incoming: message('@assistant help'), view: shared }, command('help')],
  ['help among others', { incoming: message('help'), view: shared }, { kind: 'hint' }],
  ['help where everything is answered', { incoming: message('help'), view: shared, binding: binding({ answers: 'all' }) }, command('help')],
  ['help where nothing is answered', { incoming: message('help'), binding: binding({ answers: 'never' }) }, command('help')],
  ['help in Control', { incoming: message('!help'), view: shared, binding: binding({ kind: 'control' }) }, command('help')],
  [
    'a bare word among owners in Control',
    { incoming: message('help'), view: shared, binding: binding({ kind: 'control' }) },
    ignore('never-answers'),
  ],
  ['help among parents', { incoming: message('help', mention), view: shared, binding: binding({ kind: 'parents' }) }, command('help')],
]

const question = 't1' as TurnId
const request = { kind: 'question', turn: question } as const
const parents = { binding: binding({ kind: 'parents' }), request }
const allowed = (answer: 'once' | 'always' | 'no'): Decision => ({ kind: 'guardian-answer', question, answer })

const guardians: readonly Case[] = [
  ...(
    [
      ['once', 'once'],
      [' Einmal.', 'once'],
      ['ALWAYS', 'always'],
      ['immer', 'always'],
      ['no', 'no'],
      ['@assistant nein', 'no'],
    ] as const
  ).map(([text, answer]): Case => [`the reply ${text}`, { ...parents, incoming: message(text) }, allowed(answer)]),
  ...(
    [
      ['👍', 'once'],
      ['👍🏽', 'once'],
      ['✅\uFE0F', 'once'],
      ['👎', 'no'],
      ['❌', 'no'],
    ] as const
  ).map(([key, answer]): Case => [`the reaction ${key}`, { ...parents, incoming: reaction(target, key) }, allowed(answer)]),
  ['a reaction allows nothing for good', { ...parents, incoming: reaction(target, 'always') }, ignore('no-effect')],
  ['any other reaction to a question', { ...parents, incoming: reaction(target, '❤️') }, ignore('no-effect')],
  ['any other reply to a question', { ...parents, incoming: message('well, once maybe') }, ignore('never-answers')],
  ['a key that did not come directly', { ...parents, incoming: message('once', { provenance: 'indirect' }) }, ignore('no-effect')],
  ['a device nobody signed', { ...parents, incoming: message('once', { provenance: 'unsigned' }), trust: 'any' }, ignore('no-effect')],
  ['a word that answers nothing', { ...parents, request: undefined, incoming: message('once') }, ignore('never-answers')],
  ['a reaction to something else', { ...parents, request: undefined, incoming: reaction(target, '👍') }, ignore('no-effect')],
  ['another room', { incoming: reaction(target, '👍'), request }, ignore('no-effect')],
  ['a stranger', { ...parents, incoming: message('once'), member: undefined }, ignore('unknown-sender')],
]

const changes: readonly Case[] = [
  ['an edit', { incoming: edit(target, 'new words') }, { kind: 'apply-edit', target, text: 'new words' }],
  ["a stranger's edit", { incoming: edit(target, 'x'), member: undefined }, ignore('unknown-sender')],
  ['a redaction', { incoming: redaction(target) }, { kind: 'cancel', target }],
  ['a redaction in an unbound room', { incoming: redaction(target), binding: undefined, member: undefined }, { kind: 'cancel', target }],
  ['the stop reaction', { incoming: reaction(target, '🛑'), view: shared }, { kind: 'stop' }],
  ['any other reaction', { incoming: reaction(target, '👍') }, ignore('no-effect')],
]

describe.each([
  ['who and where', whoAndWhere],
  ['how it came', provenance],
  ['what guardians answer', guardians],
  ['whom it addresses', addressed],
  ['commands', commands],
  ['edits, redactions, reactions', changes],
])('%s', (_name, cases) => {
  test.each(cases)('%s', (_what, input, decision) => {
    expect(decideAbout(input)).toEqual(decision)
  })
})

describe('orders', () => {
  const owner = member('robin', { role: 'owner' })
  const guardian = member('lee', { guardianOf: ['mia' as MemberId] })
  const control = { binding: binding({ kind: 'control' }), member: owner, view: shared }
  const parentsRoom = { binding: binding({ kind: 'parents' }), member: guardian, view: shared }
  const order = (text: string, place: 'control' | 'parents' = 'control'): Decision => ({ kind: 'order', place, text })
  const refuse = (why: 'no-owner' | 'not-here' | 'not-direct' | 'edited'): Decision => ({ kind: 'refuse-order', why })
  const cases: readonly Case[] = [
    ["an owner's word in Control", { ...control, incoming: message('!spend week') }, order('spend week')],
    ['with the name of the program', { ...control, incoming: message('!ai-ops spend') }, order('spend')],
    ['addressed to the assistant', { ...control, incoming: message('Ada: !spend') }, order('spend')],
    ['help in Control is about orders', { ...control, incoming: message('!help') }, order('help')],
    ['a code that confirms', { ...control, incoming: message('yes abc234') }, order('yes abc234')],
    ['and in German', { ...control, incoming: message('Ja abc234') }, order('Ja abc234')],
    ['an unknown word is the control room’s to answer', { ...control, incoming: message('!nonsense') }, order('nonsense')],
    ['stop stays what it is', { ...control, incoming: message('!stop') }, { kind: 'stop' }],
    ['a talk among owners is none', { ...control, incoming: message('shall we spend more?') }, ignore('never-answers')],
    ['an adult in Control', { ...control, member: member('lee'), incoming: message('!spend') }, refuse('no-owner')],
    ['whatever it says', { ...control, member: member('lee'), incoming: message('!nonsense') }, refuse('no-owner')],
    ['an adult’s yes', { ...control, member: member('lee'), incoming: message('yes abc234') }, refuse('no-owner')],
    ['an adult may still ask for help', { ...control, member: member('lee'), incoming: message('!help') }, command('help')],
    ['an owner whose key came by a detour', { ...control, incoming: message('!spend', { provenance: 'indirect' }) }, refuse('not-direct')],
    [
      'an unsigned device is not even heard',
      { ...control, incoming: message('!spend', { provenance: 'unsigned' }) },
      ignore('unsigned-device'),
    ],
    [
      'where any device is trusted, it is not obeyed',
      { ...control, trust: 'any', incoming: message('!spend', { provenance: 'unsigned' }) },
      refuse('not-direct'),
    ],
    ['a plain message in an encrypted room', { ...control, incoming: message('!spend', plain) }, ignore('plain-in-encrypted-room')],
    ['a guardian in the parents’ room', { ...parentsRoom, incoming: message('!pause mia') }, order('pause mia', 'parents')],
    ['somebody else there', { ...parentsRoom, member: member('kim'), incoming: message('!pause mia') }, refuse('no-owner')],
    ['an owner in a chat room', { member: owner, incoming: message('!spend') }, refuse('not-here')],
    ['a child that tries', { member: member('mia', { role: 'child' }), incoming: message('!allowance mia +100') }, refuse('not-here')],
    ['a question that begins like one', { member: owner, incoming: message('spend the day with me?') }, chat('spend the day with me?')],
    ['another word with the sign', { member: owner, incoming: message('!important do this') }, chat('!important do this')],
    ['a message that was changed before it was read', { ...control, incoming: message('!spend', { isEdited: true }) }, refuse('edited')],
    ['an edit into an order', { ...control, incoming: edit(target, '!spend') }, refuse('edited')],
    ['an edit into a code', { ...control, incoming: edit(target, 'yes abc234') }, refuse('edited')],
    [
      'an edit in a chat room is an edit',
      { member: owner, incoming: edit(target, '!spend') },
      { kind: 'apply-edit', target, text: '!spend' },
    ],
    ['a picture with such a caption', { ...control, incoming: message('!spend', { content: 'media' }) }, ignore('never-answers')],
  ]
  test.each(cases)('%s', (_what, input, decision) => {
    expect(decideAbout(input)).toEqual(decision)
  })

  test('a guardian’s reaction gives a child more, and no other sign does', () => {
    const asked = { ...parentsRoom, request: { kind: 'more', event: target } } as const
    expect(decideAbout({ ...asked, incoming: reaction(target, '👍🏽') })).toEqual({ kind: 'grant-more', event: target })
    expect(decideAbout({ ...asked, incoming: reaction(target, '👎') })).toEqual(ignore('no-effect'))
    expect(decideAbout({ ...asked, binding: binding(), incoming: reaction(target, '👍') })).toEqual(ignore('no-effect'))
  })
})
