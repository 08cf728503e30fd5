import type { EventId } from '../../../src/contracts/ids.ts'
import { delta, event, family, row, tenant } from '../../laws/edge-store-fixtures.ts'
import { openHome } from './open-stores.ts'

// A process that is killed, or stops itself, in the middle of writing; started by edge-store.test.ts.

const [home = '', task, point] = process.argv.slice(2)
const jobs = [{ tenant, kind: 'remember', payload: '{}' }] as const

if (task === 'crash') await crashAt(point ?? '')
else await fill(task === 'fill-and-go-on')

async function crashAt(name: string): Promise<void> {
  let armed = false
  const reach = (reached: string) => {
    if (armed && reached === name) process.kill(process.pid, 'SIGKILL')
  }
  const { sync, outbox } = openHome(home, { crashPoints: { reach } }).edge
  await sync.acceptSync({ nextToken: 's1', rooms: [delta(family, { events: [event('$1')] })], accountData: [] })
  await outbox.commitReply({ settles: [], rows: [row('$0')], jobs })
  armed = true
  await sync.acceptSync({ nextToken: 's2', rooms: [delta(family, { events: [event('$2'), event('$3')] })], accountData: [] })
  await outbox.commitReply({ settles: ['$1', '$2'] as EventId[], rows: [row('$1')], jobs })
  await outbox.sent(1, 5)
}

async function fill(goOn: boolean): Promise<void> {
  const open = openHome(home, {
    onFatal: (error) => {
      process.stdout.write(`fatal ${error.name}\n`)
      process.exitCode = 3
      if (!goOn) process.exit()
      const sounds: string[] = []
      const say = () => sounds.push('settled')
      void open.edge.facts.write('a', 'b').then(say, say)
      void open.edge.facts.read('a').then(say, say)
      setTimeout(() => {
        process.stdout.write(sounds.length === 0 ? 'still silent\n' : 'settled after all\n')
        process.exit()
      }, 50)
    },
  })
  for (let n = 0; ; n++) {
    await open.edge.outbox.commitReply({ settles: [], rows: [row(`$${n}`, { markdown: 'x'.repeat(2_000) })], jobs: [] })
    process.stdout.write(`written ${n}\n`)
  }
}
