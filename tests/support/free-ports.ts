import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

/**
 * Ports are taken below the range from which the kernel takes ports for outgoing connections: one of those would sit on a port
 * that a process killed in a test needs again. No process is given the same port twice.
 */
const [lowest, highest] = [10_000, 32_000]
let next = randomInt(lowest, highest)

/** Ports on 127.0.0.1 that were free a moment ago, all different. */
export async function takeFreePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  while (ports.length < count) ports.push(await takePortBase(1))
  return ports
}

/** The first of `count` ports in a row that are free, for AI_OPS_PORT_BASE. */
export async function takePortBase(count = 5): Promise<number> {
  for (;;) {
    if (next + count > highest) next = lowest
    const base = next
    next += count
    const servers = await Promise.allSettled(Array.from({ length: count }, (_, index) => listen(base + index)))
    const opened = servers.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    await Promise.all(opened.map((server) => new Promise((resolve) => server.close(resolve))))
    if (opened.length === servers.length) return base
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
