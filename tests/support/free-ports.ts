import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

/** Ports on 127.0.0.1 that were free a moment ago, all different. */
export async function takeFreePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen()))
  const ports = servers.map((server) => {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('a listening server has no port')
    return address.port
  })
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/**
 * The first of five ports in a row that are free, for AI_OPS_PORT_BASE. Below the range from which the kernel takes ports for
 * outgoing connections: one of those would sit on a port that a process killed in a test needs again.
 */
export async function takePortBase(): Promise<number> {
  for (;;) {
    const base = randomInt(10_000, 32_000)
    const servers = await Promise.allSettled(Array.from({ length: 5 }, (_, index) => listen(base + index)))
    const opened = servers.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    await Promise.all(opened.map((server) => new Promise((resolve) => server.close(resolve))))
    if (opened.length === servers.length) return base
  }
}

function listen(port = 0): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
