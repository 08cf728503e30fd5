import path from 'node:path'
import type { ChildSpec } from './child.ts'
import { standInModel } from './choose-models.ts'
import { serviceEnvironment, type Environment } from './clean-environment.ts'
import { standInWeights, toolFolder } from './python-tools.ts'

export interface StandInOptions {
  readonly projectFolder: string
  readonly home: string
  readonly port: number
  readonly environment: Environment
}

/** Tells how to run the stand-in: a small model of its own process, with the Node this process runs on. */
export function describeStandInProcess(options: StandInOptions): ChildSpec {
  const server = path.join(import.meta.dirname, 'stand-in', 'server.ts')
  const weights = path.join(toolFolder(options.projectFolder, 'model'), standInWeights)
  return {
    name: 'stand-in',
    title: 'stand-in model',
    command: process.execPath,
    args: [server, '--model', weights, '--port', String(options.port), '--name', standInModel],
    cwd: options.home,
    environment: serviceEnvironment(options.environment, options.home),
    channel: true,
    ports: [{ port: options.port, purpose: 'stand-in model' }],
    health: { url: `http://127.0.0.1:${options.port}/v1/models` },
    startTimeoutMs: 60_000,
    stopGraceMs: 2_000,
    firstStart: 'once',
  }
}
