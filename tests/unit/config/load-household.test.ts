import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadHousehold } from '../../../src/config/load-household.ts'
import type { LoadedHousehold } from '../../../src/config/load-household.ts'
import type { ConfigFault } from '../../../src/config/config-fault.ts'
import type { RoomId, UserId } from '../../../src/contracts/ids.ts'
import { readPolicyOverrides } from '../../../src/config/policy-overrides.ts'
import { createHome, goodFile } from './home-fixture.ts'

async function load(file: string): Promise<LoadedHousehold> {
  const result = await loadHousehold({ ...createHome(file), standIn: false })
  if (!result.ok) throw new Error(result.error.sentence)
  return result.value
}

async function fault(file: string): Promise<ConfigFault> {
  const result = await loadHousehold({ ...createHome(file), standIn: false })
  if (result.ok) throw new Error('the file was accepted')
  return result.error
}

const swap = (from: string, to: string): string => {
  if (!goodFile.includes(from)) throw new Error(`"${from}" is not in the good file`)
  return goodFile.replace(from, to)
}

const overridden = (rules: string): string => swap('{ name: Family }', `{ name: Family, guardrails: { ${rules} } }`)
const yesOf = (member: string, provider = 'anthropic', on = '2026-11-25'): string =>
  `minors_terms: [{ provider: ${provider}, accepted_by: ${member}, on: ${on} }]\n`

describe('loadHousehold', () => {
  test('makes one picture of the files', async () => {
    const { household } = await load(goodFile)
    expect(household.members.get('@owner:localhost' as UserId)).toMatchObject({
      id: 'owner',
      role: 'owner',
      guardianOf: ['child'],
      birthYear: 1985,
      timeZone: 'Europe/Berlin',
      locale: 'en',
    })
    expect(household.members.get('@child:localhost' as UserId)).toMatchObject({ locale: 'de', guardianOf: [] })
    expect(household.rooms.get('!family:localhost' as RoomId)).toEqual({
      roomId: '!family:localhost',
      name: 'family',
      tenant: 'family',
      domain: 'family',
      profile: 'household',
      kind: 'chat',
      answers: undefined,
      boundAt: 0,
    })
    expect(household.domains.get('family')).toMatchObject({ id: 'family', maxTokens: 800, profile: 'household' })
    expect(household.trust).toBe('signed')
  })

  test('what is known of models and minors: terms with their source, words of the file, who accepted', async () => {
    const models = 'models: { smart: { model: a/b, minors: yes }, fast: { model: c/d } }\n'
    const { minors } = (await load(`${goodFile}${models}${yesOf('owner', 'c')}`)).household
    expect(minors.providers).toEqual(new Map([['anthropic', { rule: 'conditions', source: 'https://provider.example/terms' }]]))
    expect(minors.acceptedBy).toEqual(new Map([['c', 'owner']]))
    expect(minors.models).toEqual(
      new Map([
        ['smart', { model: 'a/b', minors: 'yes' }],
        ['fast', { model: 'c/d', minors: undefined }],
      ]),
    )
  })

  test('prices become whole nano-USD a token, rounded up, and win over what the stack knows', async () => {
    const file = `${goodFile}models:\n  smart: { model: anthropic/claude-sonnet-4-5, input_usd_per_million: 0.29, output_usd_per_million: 0.0371 }\n`
    const knownPrices = new Map([
      ['smart', { inputNanoUsd: 1, outputNanoUsd: 1 }],
      ['fast', { inputNanoUsd: 5, outputNanoUsd: 6 }],
    ] as const)
    const result = await loadHousehold({ ...createHome(file), standIn: false, knownPrices })
    if (!result.ok) throw new Error(result.error.sentence)
    expect(result.value.household.prices.get('smart')).toEqual({ inputNanoUsd: 290, outputNanoUsd: 38 })
    expect(result.value.household.prices.get('fast')).toEqual({ inputNanoUsd: 5, outputNanoUsd: 6 })
  })

  test.each([
    ['an unknown key', swap('birth_year', 'birthyear'), 11, 'birthyear', 'spelling'],
    ['an unknown role', swap('role: child', 'role: kid'), 14, 'members.child.role is "kid"', 'owner, adult, teen, child, guest'],
    ['a missing value', swap('    role: owner\n', ''), 6, 'members.owner.role is missing', 'owner, adult'],
    ['a wrong kind', swap('1985', 'long ago'), 11, 'members.owner.birth_year is "long ago"', 'number'],
    ['a user id that is none', swap('"@owner:localhost"', 'owner'), 7, 'members.owner.user is "owner"', '@name:server'],
    ['an unquoted user id', swap('"@owner:localhost"', '@owner:localhost'), 7, 'outside quotes', '"@name:server"'],
    ['an unquoted room id', swap('"!family:localhost"', '!family:localhost'), 16, 'outside quotes', '"!id:server"'],
    ['a key that stands twice', `${goodFile}rooms: {}\n`, 18, 'twice', 'one of the two'],
    ['broken indentation', swap('    name: Robin', '   name: Robin'), 8, 'YAML', 'indentation'],
    ['a time zone that is none', swap('Europe/Berlin', 'Europe/Bern'), 12, 'Europe/Bern', 'Europe/Berlin'],
    ['a name that cannot be a file name', swap('  child: {', '  ../child: {'), 14, '../child', 'small letters'],
    ['an unknown tenant', swap('role: child, tenant: family', 'role: child, tenant: firm'), 14, 'no tenant "firm"', 'family'],
    ['an unknown domain', swap('domain: family, kind', 'domain: work, kind'), 17, 'no domain "work"', 'Use family'],
    ['an unknown profile', swap('profile: household', 'profile: strict'), 16, 'no profile "strict"', 'Use household'],
    ['a yes of somebody who is no owner', `${goodFile}${yesOf('child')}`, 18, '"child" is no owner', 'owner'],
    ['a yes of a stranger', `${goodFile}${yesOf('nobody')}`, 18, 'no member "nobody"', 'Use owner'],
    ['a yes to a provider nobody knows', `${goodFile}${yesOf('owner', 'antropic')}`, 18, 'no provider "antropic"', 'Use anthropic'],
    ['a yes without a day', `${goodFile}${yesOf('owner', 'anthropic', 'today')}`, 18, 'minors_terms.0.on is "today"', '2026-11-25'],
    ['two members with one account', swap('@child:localhost', '@owner:localhost'), 14, 'same Matrix user', 'account of their own'],
    ['one room bound twice', swap('!control:localhost', '!family:localhost'), 17, 'same room', 'once'],
    ['two control rooms', swap('profile: household', 'kind: control'), 17, 'both of kind control', 'one control room'],
    [
      'two rooms of trusted persons',
      swap('kind: control', 'kind: trusted').replace('profile: household', 'kind: trusted'),
      17,
      'both of kind trusted',
      'one room of a trusted person',
    ],
    ['an unknown ward', swap('[child]', '[kid]'), 13, 'no member "kid"', 'Use child'],
    ['a ward who is an adult', swap('role: child', 'role: adult'), 13, 'no teen or child', 'guardians'],
    ['a guardian who is a child', swap('locale: de', 'guardian_of: [child]'), 14, 'no adult', 'guardians'],
    ['nobody who owns', swap('role: owner', 'role: adult'), 5, 'Nobody has the role owner', 'role: owner'],
    ['a child born long ago', swap('locale: de', 'birth_year: 1985'), 14, 'has the role child', 'birth year or the role'],
    ['an owner who is a child', swap('1985', String(new Date().getUTCFullYear() - 9)), 11, 'at most 9', 'birth year or the role'],
    ['a birth in the future', swap('1985', '2190'), 11, 'future', 'birth year'],
    ['a reserved room name', swap('  control:', '  direct-owner:'), 17, 'direct-', 'another name'],
    [
      'looser rules approved by a child',
      swap('locale: de }', 'guardrails: { without_judge: allow, approved_by: child } }'),
      14,
      '"child" is no owner',
      'Use owner',
    ],
    ['harm at home met with a refusal', overridden('kid_safety: { categories: { harm-at-home: refuse } }'), 4, 'is "refuse"', 'Use care'],
    ['self-harm allowed', overridden('kid_safety: { categories: { self-harm: allow } }'), 4, 'is "allow"', 'Use care'],
    ['care that is switched off', overridden('kid_safety: { bands: { in: { act_from: never } } }'), 4, '"never" where minors', 'up to 1'],
    ['an unknown rule', overridden('kid_safety: { bands: { on: {} } }'), 4, 'bands has no "on"', 'spelling'],
    [
      'bands in the wrong order',
      overridden('injection: { in: { judge_from: 0.9, act_from: 0.2 } }'),
      4,
      'injection.in',
      'not above act_from',
    ],
    ['nobody to trust', overridden('guardians: { harm_at_home: trusted }'), 4, 'no room of kind trusted', 'kind: trusted'],
    ['a homeserver under the local stack', `matrix: { homeserver: "http://127.0.0.1:1" }\n${goodFile}`, 1, 'stack: none', 'Remove it'],
    ['no connection under stack none', swap('stack: local', 'stack: none'), 2, 'gateway is missing', 'gateway:'],
  ])('%s is refused with file, line and cure', async (_what, file, ...[line, wrong, cure]) => {
    const { problems, sentence } = await fault(file)
    const problem = problems.find((entry) => entry.wrong.includes(wrong))
    expect(problem?.file).toBe('ai-ops.yaml')
    expect(problem?.cure).toContain(cure)
    expect(problem?.line).toBe(line)
    expect(sentence).toContain('ai-ops.yaml')
  })

  test('what tenant, room and member change of the rules is read in this order, and says whom it reaches', async () => {
    const { file } = await load(
      overridden('without_judge: allow, approved_by: owner')
        .replace('time_zone: Europe/Berlin', 'guardrails: { pii: { in: [] }, kid_safety: { bands: { in: { act_from: never } } } }')
        .replace('locale: de', 'guardrails: { guardians: { alerts: text } }')
        .replace('domain: family, kind', 'domain: family, guardrails: { injection: { in: { judge_from: 0.5 } } }, kind'),
    )
    expect(readPolicyOverrides(file.value)).toStrictEqual([
      {
        kind: 'tenant',
        name: 'family',
        tenant: 'family',
        path: ['tenants', 'family', 'guardrails'],
        change: { withoutJudge: 'allow' },
        approvedBy: 'owner',
        reachesMinors: true,
      },
      {
        kind: 'room',
        name: 'control',
        tenant: 'family',
        path: ['rooms', 'control', 'guardrails'],
        change: { injection: { in: { judgeFrom: 0.5 } } },
        approvedBy: undefined,
        reachesMinors: true,
      },
      {
        kind: 'member',
        name: 'owner',
        tenant: 'family',
        path: ['members', 'owner', 'guardrails'],
        change: { pii: { in: [] }, kidSafety: { bands: { in: { actFrom: Number.POSITIVE_INFINITY } } } },
        approvedBy: undefined,
        reachesMinors: false,
      },
      {
        kind: 'member',
        name: 'child',
        tenant: 'family',
        path: ['members', 'child', 'guardrails'],
        change: { guardians: { alerts: 'text' } },
        approvedBy: undefined,
        reachesMinors: true,
      },
    ])
  })

  test('all contradictions are told at once, in the order of their lines', async () => {
    const { problems, sentence } = await fault(
      swap('domain: family, profile: household', 'domain: work, profile: none').replace('[child]', '[kid]'),
    )
    expect(problems.map((problem) => problem.line)).toEqual([13, 16, 16])
    expect(sentence.split('\n')).toHaveLength(3)
  })

  test('a secret of the wrong kind is not repeated in the fault', async () => {
    const { sentence } = await fault(`matrix: { access_token: 8414253 }\n${goodFile}`)
    expect(sentence).toContain('matrix.access_token')
    expect(sentence).not.toContain('8414253')
  })

  test('a missing file, a missing folder and a broken domain are named', async () => {
    const { home, projectRoot } = createHome()
    writeFileSync(
      join(projectRoot, 'config/domains/work.yaml'),
      'name: Work\ndescription: x\nalias: smart\nprofile: boss\nmax_tokens: 900\nprompt: x\n',
    )
    expect(await loadHousehold({ home, projectRoot, standIn: false })).toMatchObject({
      error: { sentence: 'config/domains/work.yaml, line 4: There is no profile "boss". Use household.' },
    })
    rmSync(join(projectRoot, 'config/domains'), { recursive: true })
    expect(await loadHousehold({ home, projectRoot, standIn: false })).toMatchObject({ error: { code: 'missing-file' } })
    const other = createHome()
    rmSync(join(other.home, 'ai-ops.yaml'))
    expect(await loadHousehold({ ...other, standIn: false })).toMatchObject({ error: { code: 'missing-file' } })
  })
})
