import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { identifyProcess } from '../../../src/stack/process-identity.ts'
import { takeFreePorts } from '../../support/free-ports.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from './wait-until.ts'

interface Started {
  readonly gateway: { readonly url: string; readonly key: string }
  readonly pids: readonly number[]
}

describeWithServices('a local stack without any configuration', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'ai-ops-local-stack-'))
  let parent: ChildProcess | undefined
  let started: Started | undefined
  let standInPort = 0

  async function start(): Promise<Started> {
    const ports = await takeFreePorts(5)
    standInPort = ports[3] ?? 0
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'local-stack-parent.ts'), home, ...ports.map(String)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    parent = child
    const [line] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as readonly unknown[]
    return JSON.parse(String(line)) as Started
  }

  async function ask(body: Readonly<Record<string, unknown>>): Promise<string> {
    const response = await fetch(`${started?.gateway.url ?? ''}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${started?.gateway.key ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, max_tokens: 12, messages: [{ role: 'user', content: 'What is the capital of France?' }] }),
    })
    expect(response.status).toBe(200)
    return response.text()
  }

  beforeAll(async () => {
    started = await start()
  })
  afterAll(() => {
    parent?.kill('SIGKILL')
    rmSync(home, { recursive: true, force: true })
  })

  it('is answered by the stand-in, whole, for nothing, and under its own name', async () => {
    const answer: unknown = JSON.parse(await ask({ model: 'smart' }))
    expect(answer).toMatchObject({
      choices: [{ message: { content: expect.stringMatching(/\w{2,}/) } }],
      usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) },
    })
  })

  it('streams, and counts', async () => {
    const events = (await ask({ model: 'fast', stream: true, stream_options: { include_usage: true } })).split('\n\n')
    const pieces = events.flatMap((event) => /"content":"([^"]+)"/.exec(event)?.[1] ?? [])
    expect(pieces.length).toBeGreaterThan(2)
    expect(events.some((event) => /"completion_tokens":[1-9]/.test(event))).toBe(true)
    expect(events).toContain('data: [DONE]')
  })

  it('follows a JSON schema', async () => {
    const schema = { type: 'object', properties: { capital: { type: 'string' }, sure: { type: 'boolean' } } }
    const format = { type: 'json_schema', json_schema: { name: 'answer', schema } }
    const answer = JSON.parse(await ask({ model: 'smart', response_format: format, max_tokens: 60 })) as {
      readonly choices: readonly { readonly message: { readonly content: string } }[]
    }
    expect(answer.choices[0]?.message.content).toMatch(/^\s*\{\s*"capital":/)
  })

  it('has a stand-in that keeps a connection for longer than LiteLLM, so that no request leaves on a closing one', async () => {
    const response = await fetch(`http://127.0.0.1:${String(standInPort)}/v1/models`)
    expect(response.headers.get('keep-alive')).toBe('timeout=65')
    expect(await response.json()).toMatchObject({ data: [{ object: 'model' }] })
  })

  it('leaves no process behind when its parent gets a kill -9, and starts again', async () => {
    const pids = started?.pids ?? []
    expect(pids).toHaveLength(3)
    parent?.kill('SIGKILL')
    await waitUntil('all are gone', () => pids.every((pid) => identifyProcess(pid) === undefined))
    started = await start()
    const again = parent
    const exited = once(again as ChildProcess, 'exit')
    again?.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
    expect(started.pids.filter((pid) => identifyProcess(pid) !== undefined)).toEqual([])
  })
})
