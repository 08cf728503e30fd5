import type { MatrixClient, MatrixEvent } from 'matrix-js-sdk'
import { DecryptionFailureCode, EventShieldReason } from 'matrix-js-sdk/lib/crypto-api/index.js'
import type { CryptoBackend } from 'matrix-js-sdk/lib/common-crypto/CryptoBackend.js'
import type { InboxEntry } from '../../contracts/edge-store.ts'
import type { KeyProvenance } from '../../contracts/incoming.ts'
import type { ClearEvent } from './parse-event.ts'

/** unsigned: the key is there, but its device is not one its owner has signed, and the instance trusts signed ones only. */
export type Decrypted =
  | { readonly kind: 'clear'; readonly event: ClearEvent }
  | { readonly kind: 'redacted' }
  | { readonly kind: 'missing-key'; readonly session: string; readonly retry: MatrixEvent }
  | { readonly kind: 'unsigned'; readonly device: string; readonly sender: string }

const UNSIGNED = new Set<string>([
  DecryptionFailureCode.UNSIGNED_SENDER_DEVICE,
  DecryptionFailureCode.UNKNOWN_SENDER_DEVICE,
  DecryptionFailureCode.SENDER_IDENTITY_PREVIOUSLY_VERIFIED,
])

/**
 * Decrypts one committed entry: with the event of an earlier attempt, or the SDK's copy where its timeline still holds one.
 * Never throws for a missing key.
 */
export async function decryptEntry(client: MatrixClient, entry: InboxEntry, earlier?: MatrixEvent): Promise<Decrypted> {
  const event = earlier ?? client.getEventMapper({ decrypt: false, preventReEmit: true })({ ...entry.raw })
  if (event.isRedacted()) return { kind: 'redacted' }
  if (!event.isEncrypted()) return { kind: 'clear', event: clearEvent(entry, event, 'plain') }
  // an attempt that failed is repeated: the key may have come, or the device been signed since
  if (event.isDecryptionFailure()) await event.attemptDecryption(client.getCrypto() as CryptoBackend, { isRetry: true })
  else await client.decryptEventIfNeeded(event)
  if (!event.isDecryptionFailure()) return { kind: 'clear', event: clearEvent(entry, event, await provenanceOf(client, event)) }
  const wire = event.getWireContent()
  if (UNSIGNED.has(event.decryptionFailureReason ?? '')) {
    return { kind: 'unsigned', device: String(wire['device_id'] ?? wire['sender_key'] ?? ''), sender: event.getSender() ?? '' }
  }
  return { kind: 'missing-key', session: String(wire['session_id'] ?? ''), retry: event }
}

function clearEvent(entry: InboxEntry, event: MatrixEvent, provenance: KeyProvenance): ClearEvent {
  return {
    roomId: entry.roomId,
    eventId: entry.eventId,
    sender: event.getSender() ?? '',
    sentAt: entry.sentAt,
    type: event.getType(),
    content: withWireRelation(event),
    redacts: typeof entry.raw['redacts'] === 'string' ? entry.raw['redacts'] : undefined,
    provenance,
    senderKey: event.getSenderKey() ?? undefined,
  }
}

/** Relations stand outside the ciphertext; some clients leave them out inside. */
function withWireRelation(event: MatrixEvent): unknown {
  const relation: unknown = event.getWireContent()['m.relates_to']
  const content = event.getOriginalContent()
  return relation === undefined || content['m.relates_to'] !== undefined ? content : { ...content, 'm.relates_to': relation }
}

/** A device that is not one its owner has signed, or not the sender's at all. */
const NOT_THE_SENDERS: ReadonlySet<EventShieldReason> = new Set([
  EventShieldReason.UNSIGNED_DEVICE,
  EventShieldReason.UNKNOWN_DEVICE,
  EventShieldReason.MISMATCHED_SENDER,
  EventShieldReason.MISMATCHED_SENDER_KEY,
  EventShieldReason.VERIFICATION_VIOLATION,
])

/** An identity nobody has verified by hand is no fault: a device signed by its owner, whose key came straight to us, is direct. */
async function provenanceOf(client: MatrixClient, event: MatrixEvent): Promise<KeyProvenance> {
  const info = await client.getCrypto()?.getEncryptionInfoForEvent(event)
  const reason = info?.shieldReason
  if (reason === null || reason === EventShieldReason.UNVERIFIED_IDENTITY) return 'direct'
  return reason !== undefined && NOT_THE_SENDERS.has(reason) ? 'unsigned' : 'indirect'
}
