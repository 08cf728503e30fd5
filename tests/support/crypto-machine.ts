import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { DeviceId, DeviceLists, initAsync, OlmMachine, RequestType, StoreHandle, UserId } from '@matrix-org/matrix-sdk-crypto-wasm'
import type { Logger } from 'matrix-js-sdk/lib/logger.js'
import { makeRoomKeys } from './crypto-keys.ts'

/** The real crypto of the SDK on whatever IndexedDB the process has. */
async function openMachine(): Promise<OlmMachine> {
  await initAsync()
  const store = await StoreHandle.openWithKey('bot', new Uint8Array(32).fill(7))
  return OlmMachine.initFromStore(new UserId('@bot:localhost'), new DeviceId('BOTDEVICE'), store)
}

/** Imports batches of 20 sessions and makes one-time keys until killed; `acknowledged` gets a line after each. */
export async function churn(acknowledged: string, say: (line: string) => void): Promise<void> {
  const machine = await openMachine()
  appendFileSync(acknowledged, `identity ${machine.identityKeys.ed25519.toBase64()}\n`)
  say('CHURNING')
  for (;;) {
    const keys = makeRoomKeys(20)
    await machine.importExportedRoomKeys(JSON.stringify(keys), () => {})
    await machine.receiveSyncChanges('[]', new DeviceLists(), new Map([['signed_curve25519', 10]]), new Set(['signed_curve25519']))
    for (const request of await machine.outgoingRequests()) {
      if (request.type !== RequestType.KeysUpload || request.id === undefined) continue
      await machine.markRequestAsSent(request.id, request.type, JSON.stringify({ one_time_key_counts: { signed_curve25519: 50 } }))
    }
    appendFileSync(acknowledged, `batch ${keys.map((key) => key.session_id).join()}\n`)
  }
}

export interface Inspection {
  readonly identity: string
  readonly identities: readonly string[]
  readonly sessions: number
  /** Acknowledged sessions that are not there. */
  readonly lost: number
}

/** Compares the store with what `churn` acknowledged. */
export async function inspect(acknowledged: string): Promise<Inspection> {
  const machine = await openMachine()
  const exported = JSON.parse(await machine.exportRoomKeys(() => true)) as readonly { readonly session_id: string }[]
  const found = new Set(exported.map((session) => session.session_id))
  const lines = existsSync(acknowledged) ? readFileSync(acknowledged, 'utf8').split('\n') : []
  const of = (kind: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1))
  const told = of('batch').flatMap((batch) => batch.split(','))
  return {
    identity: machine.identityKeys.ed25519.toBase64(),
    identities: Array.from(new Set(of('identity'))),
    sessions: found.size,
    lost: told.filter((session) => !found.has(session)).length,
  }
}

/** Opens the machine and imports that many sessions: the first 1,000 one by one, the rest in one call. */
export async function importKeys(
  count: number,
): Promise<{ readonly openMs: number; readonly oneByOneMs: number; readonly sessions: number }> {
  const started = performance.now()
  const machine = await openMachine()
  const opened = performance.now()
  const keys = makeRoomKeys(count)
  const made = performance.now()
  for (const key of keys.slice(0, 1_000)) await machine.importExportedRoomKeys(JSON.stringify([key]), () => {})
  const oneByOneMs = performance.now() - made
  if (count > 1_000) await machine.importExportedRoomKeys(JSON.stringify(keys.slice(1_000)), () => {})
  const { total } = await machine.roomKeyCounts()
  return { openMs: Math.round(opened - started), oneByOneMs: Math.round(oneByOneMs), sessions: Number(total) }
}

/** What the bot does: the SDK's own way to its store. Answers the device's signing key. */
export async function openSdk(): Promise<string> {
  // loaded here, since it takes most of a second that the other commands need not wait
  const { createClient } = await import('matrix-js-sdk')
  const client = createClient({
    baseUrl: 'http://127.0.0.1:9',
    userId: '@bot:localhost',
    deviceId: 'BOTDEVICE',
    accessToken: 'unused',
    logger: silent,
    fetchFn: () => Promise.reject(new Error('no network in this test')),
  })
  await client.initRustCrypto({ cryptoDatabasePrefix: 'ai-ops', storageKey: new Uint8Array(32).fill(9) })
  const keys = await client.getCrypto()?.getOwnDeviceKeys()
  client.stopClient()
  return keys?.ed25519 ?? ''
}

const ignore = (): void => {}
const silent: Logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore, getChild: () => silent }
