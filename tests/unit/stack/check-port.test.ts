import { createServer } from 'node:net'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { checkPort } from '../../../src/stack/check-port.ts'

it('a taken port is named, with who needs it and the way out; a free one is not', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const taken = await checkPort({ port, purpose: 'gateway (LiteLLM)' })
  other.close()
  await once(other, 'close')
  expect(taken).toEqual({
    ok: false,
    error: {
      code: 'port-taken',
      sentence: `Port ${port} is already taken by another program, and the gateway (LiteLLM) needs it. Stop that program, or choose other ports with AI_OPS_PORT_BASE, for example AI_OPS_PORT_BASE=18000.`,
    },
  })
  expect(await checkPort({ port, purpose: 'gateway (LiteLLM)' })).toEqual({ ok: true, value: true })
})
