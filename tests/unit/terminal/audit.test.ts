import { describe, expect, it } from 'vitest'
import type { AuditRecord } from '../../../src/contracts/audit.ts'
import { runCommandLine } from '../../../src/interfaces/terminal/command-line.ts'
import type { TenantVerdict, TerminalPorts } from '../../../src/interfaces/terminal/terminal-ports.ts'
import { createPorts, createScreen } from './fake-terminal.ts'

const hash = '3f2a'.repeat(16)
const whole: TenantVerdict = { tenant: 'family', ok: true, rows: 128, head: hash }

async function run(argv: readonly string[], ports: Partial<TerminalPorts> = {}) {
  const screen = createScreen()
  const code = await runCommandLine(['audit', ...argv], createPorts(ports), screen, new AbortController().signal)
  return { code, out: screen.written(), err: screen.errors() }
}

describe('audit verify', () => {
  const asked: unknown[] = []
  const answering = (...verdicts: readonly TenantVerdict[]): Pick<TerminalPorts, 'verifyAudits'> => ({
    verifyAudits(request) {
      asked.push(request)
      return Promise.resolve({ ok: true, value: verdicts })
    },
  })

  it('says of each tenant how long its chain is and how it ends', async () => {
    const others: readonly TenantVerdict[] = [
      { tenant: 'creator', ok: true, rows: 1, head: hash },
      { tenant: 'agents', ok: true, rows: 0, head: '' },
    ]
    expect(await run(['verify'], answering(whole, ...others))).toEqual({
      code: 0,
      out: 'family: 128 entries, unbroken, head 3f2a3f2a3f2a…\ncreator: 1 entry, unbroken, head 3f2a3f2a3f2a…\nagents: no entries\n',
      err: '',
    })
    expect(asked.at(-1)).toEqual({ tenant: undefined, anchor: undefined })
    expect(await run(['verify'], answering())).toMatchObject({ code: 0, out: 'No tenant has data here yet.\n' })
  })

  it.each([
    ['changed', 'entry 5 was changed'],
    ['removed', 'what stood at 5 was removed'],
    ['reordered', 'the entry at 5 belongs in another place'],
    ['added', 'the entry at 5 was added from outside'],
    ['cut', 'the entries from 5 on were cut off'],
  ] as const)('is 1 where a chain is broken: %s', async (wrong, words) => {
    const ports = answering({ tenant: 'family', ok: false, number: 5, wrong }, { ...whole, tenant: 'creator' })
    expect(await run(['verify'], ports)).toMatchObject({ code: 1, out: expect.stringContaining(`family: BROKEN, ${words}\ncreator: 128`) })
  })

  it('is one JSON value for machines, with the whole head', async () => {
    const broken: TenantVerdict = { tenant: 'creator', ok: false, number: 5, wrong: 'cut' }
    const { code, out } = await run(['verify', '--json'], answering(whole, broken))
    expect(code).toBe(1)
    expect(JSON.parse(out)).toEqual([whole, broken])
  })

  it('hands on the tenant and the anchor', async () => {
    expect(await run(['verify', '--tenant', 'family', '--anchor', `17:${hash}`], answering(whole))).toMatchObject({ code: 0 })
    expect(asked.at(-1)).toEqual({ tenant: 'family', anchor: { number: 17, hash } })
  })

  it('ends with the sentence and the code of a fault', async () => {
    const verifyAudits = () => Promise.resolve({ ok: false, error: { code: 'wrong-key', sentence: 'another key' } } as const)
    expect(await run(['verify'], { verifyAudits })).toEqual({ code: 3, out: '', err: 'another key\n' })
  })
})

describe('audit export', () => {
  const record: AuditRecord = {
    hash,
    cause: '$order',
    detail: { unit: 'money', amount: 2 },
    subject: 'mia',
    action: 'allowance.granted',
    actor: 'robin',
    at: 1_764_000_000_000,
    number: 7,
  }

  it('writes a line for each entry, its keys always in the same order', async () => {
    const asked: unknown[] = []
    const exportAudits: TerminalPorts['exportAudits'] = (request, write) => {
      asked.push(request)
      write('family', record)
      write('creator', { ...record, device: 'DEV', before: 'aa', after: 'bb' })
      return Promise.resolve({ ok: true, value: undefined })
    }
    const start = '"number":7,"at":1764000000000,"actor":"robin","action":"allowance.granted","subject":"mia"'
    const detail = '"detail":{"amount":2,"unit":"money"}'
    expect(await run(['export', '--since', '2026-11-25'], { exportAudits })).toEqual({
      code: 0,
      out: [
        `{"tenant":"family",${start},${detail},"cause":"$order","hash":"${hash}"}\n`,
        `{"tenant":"creator",${start},${detail},"device":"DEV","before":"aa","after":"bb","cause":"$order","hash":"${hash}"}\n`,
      ].join(''),
      err: '',
    })
    await run(['export', '--tenant', 'family'], { exportAudits })
    expect(asked).toEqual([
      { tenant: undefined, since: Date.UTC(2026, 10, 25) },
      { tenant: 'family', since: 0 },
    ])
  })

  it('ends with the sentence of a fault after what was already written', async () => {
    const exportAudits: TerminalPorts['exportAudits'] = (_request, write) => {
      write('family', record)
      return Promise.resolve({ ok: false, error: { code: 'damaged', sentence: 'creator.db is damaged' } })
    }
    expect(await run(['export'], { exportAudits })).toMatchObject({
      code: 3,
      out: expect.stringMatching(/^\{"tenant":"family".*\}\n$/u),
      err: 'creator.db is damaged\n',
    })
  })
})

it.each([
  [[], /audit verify, or audit export/],
  [['drop'], /audit verify, or audit export/],
  [['verify', 'family'], /audit verify, or audit export/],
  [['verify', '--since', '2026-11-25'], /--since belongs to audit export/],
  [['verify', '--anchor', `1:${hash}`], /name it by --tenant/],
  [['verify', '--tenant', 'family', '--anchor', '1:3f2a'], /all its 64 digits/],
  [['verify', '--tenant', 'family', '--anchor', `0:${hash}`], /NUMBER:HASH/],
  [['export', '--anchor', `1:${hash}`], /--anchor belongs to audit verify/],
  [['export', '--since', 'yesterday'], /--since is a day/],
  [['export', '--since', '2026-02-30'], /--since is a day/],
])('audit %j is misuse', async (argv, sentence) => {
  expect(await run(argv)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(sentence) })
})
