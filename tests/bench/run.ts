/** `npm run bench`: the speed bench. `npm run bench -- quick`: the same with few messages. `npm run bench -- cold-start`. */
import { measureSpeed } from './speed.ts'
import { toMarkdown, toText } from './report.ts'

const [what = 'speed'] = process.argv.slice(2)
const report = what === 'quick' ? await measureSpeed('quick') : await measureSpeed('full')
console.log(`\n${toText(report)}\n\nFor docs/BENCHMARKS.md:\n\n${toMarkdown(report)}\n`)
process.exit(0)
