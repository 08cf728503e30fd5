import { createServer } from 'node:http'
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'

// A child for the supervisor's tests: `node tiny-child.ts MODE PORT FILE`; notes its pid in FILE at each start.
const [mode = '', port = '0', file = ''] = process.argv.slice(2)
appendFileSync(file, `${process.pid}\n`)
console.log(`tiny child in mode ${mode}`)

if (mode === 'fails') {
  console.error('no such configuration')
  process.exit(5)
}
if (mode === 'stubborn') process.on('SIGTERM', () => console.log('asked to stop, refusing'))
if (mode === 'has-child') appendFileSync(file, `${spawn('sleep', ['1000'], { stdio: 'ignore' }).pid ?? 0}\n`)
if (mode !== 'deaf-channel') process.once('disconnect', () => process.exit(0))

let isHealthy = true
createServer((request, response) => {
  if (request.url === '/sicken') isHealthy = false
  if (request.url === '/leave') {
    console.log('leaving')
    process.exit(7)
  }
  response.writeHead(isHealthy ? 200 : 503).end()
}).listen(Number(port), '127.0.0.1')
