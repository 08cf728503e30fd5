import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { identifyProcess } from '../../../src/stack/process-identity.ts'
import { waitUntil } from './wait-until.ts'

const launcher = path.resolve(import.meta.dirname, '../../../scripts/run.mjs')
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ai-ops-launcher-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function writeScript(source: string): string {
  const file = path.join(folder, 'script.ts')
  writeFileSync(file, source)
  return file
}

it('runs TypeScript with the arguments and ends with its exit code; stdout is the script’s alone', async () => {
  const script = writeScript('const args: string[] = process.argv.slice(2)\nconsole.log(JSON.stringify(args))\nprocess.exitCode = 7\n')
  const child = spawn(process.execPath, [launcher, script, 'one', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [said, complained, exit] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  expect({ said, complained, exit }).toEqual({ said: '["one","--json"]\n', complained: '', exit: [7, null] })
})

it('passes SIGTERM on and waits for the script', async () => {
  const script = writeScript(`
    process.on('SIGTERM', () => setTimeout(() => { console.log('tidied up'); process.exit(3) }, 50))
    setInterval(() => undefined, 1000)
    console.log(process.pid)
  `)
  const child = spawn(process.execPath, [launcher, script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const rest: string[] = []
  child.stdout.on('data', (chunk: Buffer) => rest.push(chunk.toString()))
  await waitUntil('the script runs', () => rest.length > 0)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([3, null])
  expect(rest.join('')).toContain('tidied up')
})

it('ends the script when its own parent ends without a word', async () => {
  const script = writeScript('console.log(process.pid)\nsetInterval(() => undefined, 1000)\n')
  // like npm: a parent that a signal ends while its child gets none
  const parentSource = `require('node:child_process').spawn(process.execPath, ${JSON.stringify([launcher, script])}, { stdio: 'inherit' })`
  const parent = spawn(process.execPath, ['-e', parentSource], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(parent.stdout, 'data')) as readonly unknown[]
  const pid = Number(String(line))
  expect(identifyProcess(pid)).toBeDefined()
  parent.kill('SIGKILL')
  await waitUntil('the script ended', () => identifyProcess(pid) === undefined)
})

it('says how it is used', async () => {
  const child = spawn(process.execPath, [launcher], { stdio: ['ignore', 'ignore', 'pipe'] })
  const [complained, exit] = await Promise.all([text(child.stderr), once(child, 'exit')])
  expect(complained).toContain('Usage: node scripts/run.mjs')
  expect(exit).toEqual([2, null])
})
