import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { checkPort } from '../../../src/stack/check-port.ts'
import { identifyProcess } from '../../../src/stack/process-identity.ts'
import { takeFreePorts } from '../../support/free-ports.ts'

/** Listens, and has enough memory that its threads take their time to end. */
const listener = `
  const memory = Array.from({ length: 60 }, () => Buffer.alloc(1e6, 1))
  require('node:net').createServer().listen(Number(process.argv[1]), '127.0.0.1', () => process.stdout.write(String(memory.length)))
`

it('a killed process is there until its port is free', async () => {
  const taken: number[] = []
  for (const port of await takeFreePorts(30)) {
    const child = spawn(process.execPath, ['-e', listener, String(port)], { stdio: ['ignore', 'pipe', 'ignore'] })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    const pid = child.pid ?? 0
    expect(identifyProcess(pid)).toBeDefined()
    child.kill('SIGKILL')
    while (identifyProcess(pid) !== undefined) await turnOfTheLoop()
    const free = await checkPort({ port, purpose: 'listener' })
    if (!free.ok) taken.push(port)
    await ended
  }
  expect(taken).toEqual([])
})
