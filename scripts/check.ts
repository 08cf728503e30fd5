import { spawn } from 'node:child_process'
import path from 'node:path'

/** Everything that must hold before a commit, without tests that need services: `npm run check`. Exit 1 if any fails. */

interface Check {
  readonly name: string
  /** A script of `node_modules/` and its arguments. */
  readonly command: readonly [script: string, ...rest: readonly string[]]
}

const root = path.dirname(import.meta.dirname)

const checks: readonly Check[] = [
  { name: 'format (oxfmt)', command: ['oxfmt/bin/oxfmt', '--check', '.'] },
  { name: 'lint (oxlint)', command: ['oxlint/bin/oxlint', '.'] },
  { name: 'types (tsc)', command: ['typescript/bin/tsc', '-p', '.'] },
  { name: 'unused code (knip)', command: ['knip/bin/knip.js'] },
  { name: 'architecture', command: ['vitest/vitest.mjs', 'run', 'tests/unit/architecture.test.ts'] },
]

let failed = 0
for (const check of checks) {
  const { passed, output, seconds } = await run(check)
  const found = /^Found .*$/m.exec(output)?.[0] ?? ''
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${seconds.toFixed(1).padStart(5)} s  ${check.name}  ${found}`.trimEnd())
  if (!passed) {
    failed += 1
    console.log(output.trimEnd())
  }
}
if (failed > 0) {
  console.error(`${failed} of ${checks.length} checks failed`)
  process.exitCode = 1
}

async function run({ command: [script, ...rest] }: Check): Promise<{ passed: boolean; output: string; seconds: number }> {
  const startedAt = performance.now()
  let output = ''
  const passed = await new Promise<boolean>((resolve) => {
    const child = spawn(process.execPath, [path.join(root, 'node_modules', script), ...rest], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', (error) => {
      output += error.message
      resolve(false)
    })
    child.on('close', (code) => resolve(code === 0))
  })
  return { passed, output, seconds: (performance.now() - startedAt) / 1000 }
}
