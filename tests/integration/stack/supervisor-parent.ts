import { openSupervisor } from '../../../src/stack/supervisor.ts'
import { describeTinyChild } from './describe-tiny-child.ts'

// A parent to be killed: `node supervisor-parent.ts HOME MODE PORT`; prints one line when its child is ready.
const [home = '', mode = '', port = '0'] = process.argv.slice(2)
const supervisor = await openSupervisor({ home })
if (!supervisor.ok) throw new Error(supervisor.error.sentence)
const child = await supervisor.value.start(describeTinyChild(home, mode, Number(port)))
if (!child.ok) throw new Error(child.error.sentence)
await child.value.ready
console.log('ready')
