import { HTTPError, MatrixError } from 'matrix-js-sdk'
import type { MatrixClient } from 'matrix-js-sdk'
import { describe, expect, it } from 'vitest'
import type { RoomId, UserId } from '../../../src/contracts/ids.ts'
import type { Encryption } from '../../../src/contracts/room-state.ts'
import { EncryptedSender, type UploadOutcome } from '../../../src/interfaces/matrix/encrypted-sender.ts'

const CIPHERTEXT = Buffer.from('not for everyone')

/** One upload to a homeserver that answers so; what it was given. */
async function upload(encryption: Encryption, answer: () => Promise<{ content_uri: string }>) {
  const given: { readonly bytes: Buffer; readonly options: unknown }[] = []
  const client = {
    uploadContent: async (file: Blob, options: unknown) => {
      given.push({ bytes: Buffer.from(await file.arrayBuffer()), options })
      return answer()
    },
    getStateEvent: () => Promise.reject(new Error('no answer')),
  } as unknown as MatrixClient
  const sender = new EncryptedSender({
    client,
    ownUserId: '@ops:home' as UserId,
    encryptionOf: () => encryption,
    learned: () => Promise.resolve(),
  })
  const outcome: UploadOutcome = await sender.upload('!room' as RoomId, CIPHERTEXT)
  return { outcome, given }
}

const taken = () => Promise.resolve({ content_uri: 'mxc://home/one' })
const refusedWith = (error: Error) => () => Promise.reject(error)

describe('an upload', () => {
  it('says neither name nor kind of the file', async () => {
    const { outcome, given } = await upload('encrypted', taken)
    expect(outcome).toEqual({ kind: 'uploaded', url: 'mxc://home/one' })
    expect(given).toEqual([{ bytes: CIPHERTEXT, options: { type: 'application/octet-stream', includeFilename: false } }])
  })

  it.each<readonly [Encryption, UploadOutcome]>([
    ['plain', { kind: 'refused' }],
    ['unknown', { kind: 'failed', code: 'encryption-unknown' }],
  ])('for a room whose encryption is %s does not leave', async (encryption, expected) => {
    const { outcome, given } = await upload(encryption, taken)
    expect([outcome, given]).toEqual([expected, []])
  })

  it.each<readonly [string, Error, UploadOutcome]>([
    ['too large', new MatrixError({ errcode: 'M_TOO_LARGE' }, 413), { kind: 'gone', code: 'M_TOO_LARGE' }],
    ['against the rules', new MatrixError({ errcode: 'M_BAD_JSON' }, 400), { kind: 'gone', code: 'M_BAD_JSON' }],
    ['over a quota', new MatrixError({ errcode: 'M_RESOURCE_LIMIT_EXCEEDED' }, 403), { kind: 'gone', code: 'M_RESOURCE_LIMIT_EXCEEDED' }],
    ['too large for a proxy', new HTTPError('Server returned 413 error', 413), { kind: 'gone', code: 'http-413' }],
    ['too early', new MatrixError({ errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 70 }, 429), { kind: 'limited', retryAfterMs: 70 }],
    ['with a token that is renewed', new MatrixError({ errcode: 'M_UNKNOWN_TOKEN' }, 401), { kind: 'failed', code: 'M_UNKNOWN_TOKEN' }],
    ['to a server in trouble', new MatrixError({ errcode: 'M_UNKNOWN' }, 502), { kind: 'failed', code: 'M_UNKNOWN' }],
    ['to a proxy in trouble', new HTTPError('Server returned 503 error', 503), { kind: 'failed', code: 'Error' }],
  ])('that is %s is given up for good or tried again', async (_why, error, expected) => {
    expect((await upload('encrypted', refusedWith(error))).outcome).toEqual(expected)
  })
})
