import { setTimeout as sleep } from 'node:timers/promises'
import type { Rule, UpstreamCall } from './upstream-script.ts'

/** Scripts an upstream that runs in another process, and reads what it saw. */
export interface UpstreamControl {
  readonly url: string
  script(rule: Rule): Promise<void>
  /** Forgets all rules and calls. */
  reset(): Promise<void>
  /** In the order they came; `contains`: only those whose last message of the user holds this text. */
  calls(contains?: string): Promise<readonly UpstreamCall[]>
  /** The first call for which `accept` is true; throws after `timeoutMs` (default 10 s) with what was seen. */
  waitForCall(accept: (call: UpstreamCall) => boolean, timeoutMs?: number): Promise<UpstreamCall>
}

export function connectUpstream(url: string): UpstreamControl {
  const calls = async (contains = ''): Promise<readonly UpstreamCall[]> => {
    const all = (await (await fetch(`${url}/control/calls`)).json()) as readonly UpstreamCall[]
    return all.filter((call) => (call.messages.findLast((message) => message.role === 'user')?.content ?? '').includes(contains))
  }
  return {
    url,
    calls,
    async script(rule) {
      await fetch(`${url}/control/rules`, { method: 'POST', body: JSON.stringify(rule) })
    },
    async reset() {
      await fetch(`${url}/control`, { method: 'DELETE' })
    },
    async waitForCall(accept, timeoutMs = 10_000) {
      const deadline = Date.now() + timeoutMs
      for (;;) {
        const seen = await calls()
        const found = seen.find(accept)
        if (found !== undefined) return found
        if (Date.now() > deadline)
          throw new Error(`no such upstream call; seen: ${JSON.stringify(seen.map(({ model, state }) => ({ model, state })))}`)
        await sleep(20)
      }
    },
  }
}
