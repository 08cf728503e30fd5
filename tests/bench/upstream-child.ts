/** The scripted upstream as a process of its own, so that its times do not depend on who measures. Prints its address. */
import { startScriptedUpstream } from '../fakes/scripted-upstream.ts'

const upstream = await startScriptedUpstream()
process.stdout.write(`${upstream.url}\n`)
process.once('disconnect', () => process.exit(0))
