import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { identifyProcess } from '../../../src/stack/process-identity.ts'
import { waitUntil } from './wait-until.ts'

it('a process learns that its parent was killed', async () => {
  const watcher = pathToFileURL(path.resolve(import.meta.dirname, '../../../src/stack/parent-watch.ts')).href
  const source = `
    const { watchParent } = await import(${JSON.stringify(watcher)})
    watchParent(() => process.exit(0))
    console.log(process.pid)
    setInterval(() => undefined, 1000)
  `
  const parentSource = `require('node:child_process').spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(source)}], { stdio: 'inherit' })`
  const parent = spawn(process.execPath, ['-e', parentSource], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(parent.stdout, 'data')) as readonly unknown[]
  const pid = Number(String(line))
  expect(identifyProcess(pid)).toBeDefined()
  parent.kill('SIGKILL')
  await waitUntil('the child ended', () => identifyProcess(pid) === undefined)
})
