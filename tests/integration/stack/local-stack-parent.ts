import path from 'node:path'
import { chooseModels } from '../../../src/stack/choose-models.ts'
import { startLocalStack } from '../../../src/stack/local-stack.ts'

// A whole local stack to be killed: `node local-stack-parent.ts HOME PORT x 5`; prints where it is once all of it answers.
const [home = '', ...ports] = process.argv.slice(2)
const [homeserver = 0, gateway = 0, api = 0, model = 0, metrics = 0] = ports.map(Number)
const plan = chooseModels({ configured: [], environment: {}, ollama: undefined, standInPort: model, standInAsFallback: false })
if (!plan.ok) throw new Error(plan.error.sentence)
const stack = await startLocalStack({
  projectFolder: path.resolve(import.meta.dirname, '../../..'),
  home,
  ports: { homeserver, gateway, api, model, metrics },
  plan: plan.value,
  environment: process.env,
  python: process.env['AI_OPS_PYTHON'] || undefined,
  progress: (step, seconds) => console.error(`[local stack] ${step}: ${seconds.toFixed(1)} s`),
})
if (!stack.ok) throw new Error(stack.error.sentence)
const ready = await stack.value.gatewayReady
if (!ready.ok) throw new Error(ready.error.sentence)
// before the line that tells the test to go on
process.once('SIGTERM', () => void stack.value[Symbol.asyncDispose]().then(() => process.exit(0)))
console.log(JSON.stringify({ gateway: stack.value.gateway, pids: stack.value.statuses().map((status) => status.pid) }))
