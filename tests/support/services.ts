import { describe, expect, inject, it } from 'vitest'
import { connectUpstream, type UpstreamControl } from '../fakes/upstream-control.ts'

/** Coordinates of the real services of this test run; plain data, it crosses a process boundary. */
export interface ServiceCoordinates {
  readonly homeserver: {
    readonly url: string
    readonly serverName: string
    readonly registrationSecret: string
    readonly appserviceToken: string
    readonly botUserId: string
  }
  /** Models: the five aliases, and one for each misbehaviour of `upstream-script.ts` under its own name. */
  readonly gateway: { readonly url: string; readonly key: string }
  readonly upstreamUrl: string
  /** Data home of homeserver and gateway: `synapse/homeserver.db`, `logs/`. */
  readonly home: string
}

export type ServiceState =
  | { readonly kind: 'ready'; readonly coordinates: ServiceCoordinates }
  | { readonly kind: 'missing'; readonly reason: string }

declare module 'vitest' {
  export interface ProvidedContext {
    readonly services: ServiceState
  }
}

export interface Services extends Omit<ServiceCoordinates, 'upstreamUrl'> {
  /** The scripted upstream behind the gateway. Shared by all files: script by `contains` with a text of your own. */
  readonly upstream: UpstreamControl
}

/** The services, or undefined where they cannot run; use `describeWithServices` to skip with the reason. */
export function injectServices(): Services | undefined {
  const state = inject('services')
  if (state.kind === 'missing') return undefined
  const { upstreamUrl, ...rest } = state.coordinates
  return { ...rest, upstream: connectUpstream(upstreamUrl) }
}

/** A suite that needs the real services; skipped with the reason in its name where they are missing. */
export function describeWithServices(name: string, define: (services: Services) => void): void {
  const services = injectServices()
  const state = inject('services')
  const reason = state.kind === 'missing' ? ` (skipped: ${state.reason})` : ''
  describe.skipIf(services === undefined)(`${name}${reason}`, () => {
    if (services !== undefined) define(services)
    else it('needs the real services', () => expect.unreachable(reason))
  })
}
