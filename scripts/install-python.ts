import path from 'node:path'
import { installPythonTools } from '../src/stack/python-tools.ts'

// Installs the Python services of the local stack: run by the launcher when it is given --python. Exit 3: something is missing.
const tools = installPythonTools({
  projectFolder: path.dirname(import.meta.dirname),
  python: process.env['AI_OPS_PYTHON'] || undefined,
  environment: process.env,
  progress: (step, seconds) => console.error(`[set-up] ${step}: ${seconds.toFixed(1)} s`),
})
const outcomes = await Promise.all([tools.synapse, tools.litellm, tools.model])
const sentences = new Set(outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error.sentence])))
for (const sentence of sentences) console.error(sentence)
process.exitCode = sentences.size === 0 ? 0 : 3
