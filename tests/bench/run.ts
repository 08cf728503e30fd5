/** `npm run bench`: the speed bench. `npm run bench -- quick`: the same with few messages. `npm run bench -- cold-start`, `-- budget`. */
import { measureBudget } from './budget.ts'
import { measureColdStart } from './cold-start.ts'
import { toMarkdown, toText } from './report.ts'
import { measureSpeed } from './speed.ts'

const benches = {
  speed: () => measureSpeed('full'),
  quick: () => measureSpeed('quick'),
  'cold-start': measureColdStart,
  budget: measureBudget,
} as const

const [name = 'speed'] = process.argv.slice(2)
const bench = Object.entries(benches).find(([known]) => known === name)?.[1]
if (bench === undefined) {
  console.error(`There is no bench "${name}": ${Object.keys(benches).join(', ')}.`)
  process.exit(2)
}
const report = await bench()
console.log(`\n${toText(report)}\n\nFor docs/BENCHMARKS.md:\n\n${toMarkdown(report)}\n`)
process.exit(0)
