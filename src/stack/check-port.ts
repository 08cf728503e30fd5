import { createServer } from 'node:net'
import type { Result } from '../contracts/result.ts'
import { fault, type StackFault } from './stack-fault.ts'

/** A port of the local stack and who needs it, as people are told. */
export interface NeededPort {
  readonly port: number
  readonly purpose: string
}

/** Tries to listen on 127.0.0.1, before anything is started there. Fault `port-taken` names the port, its purpose and the cure. */
export async function checkPort(needed: NeededPort): Promise<Result<true, StackFault>> {
  const failure = await tryToListen(needed.port)
  if (failure === undefined) return { ok: true, value: true }
  const cure = 'choose other ports with AI_OPS_PORT_BASE, for example AI_OPS_PORT_BASE=18000'
  if (failure === 'EADDRINUSE')
    return fault(
      'port-taken',
      `Port ${needed.port} is already taken by another program, and the ${needed.purpose} needs it. Stop that program, or ${cure}.`,
    )
  return fault('port-taken', `Port ${needed.port}, which the ${needed.purpose} needs, cannot be opened (${failure}). Instead ${cure}.`)
}

function tryToListen(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
