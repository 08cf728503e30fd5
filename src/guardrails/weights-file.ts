const magic = 'AOLM'
const prefixBytes = 8

/** A weights file: `AOLM`, the length of the header (uint32, little endian), the header as JSON, then the numbers. */
export interface WeightsFile {
  readonly header: Readonly<Record<string, unknown>>
  readonly body: Uint8Array
}

/** Splits a weights file; throws if it is not one. The body is a copy, so that typed arrays over it are aligned. */
export function parseWeightsFile(bytes: Uint8Array): WeightsFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length <= prefixBytes || new TextDecoder().decode(bytes.subarray(0, 4)) !== magic) {
    throw new Error('not a weights file of the guardrails')
  }
  const headerEnd = prefixBytes + view.getUint32(4, true)
  const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(prefixBytes, headerEnd)))
  if (!isRecord(header)) throw new Error('the header of a weights file is damaged')
  // not `slice`: of a Buffer that would be a view into a larger one
  return { header, body: new Uint8Array(bytes.subarray(headerEnd)) }
}

/** The bytes that `parseWeightsFile` splits; the same header and body give the same bytes. */
export function formatWeightsFile({ header, body }: WeightsFile): Uint8Array {
  const head = new TextEncoder().encode(JSON.stringify(header))
  const bytes = new Uint8Array(prefixBytes + head.length + body.length)
  bytes.set(new TextEncoder().encode(magic))
  new DataView(bytes.buffer).setUint32(4, head.length, true)
  bytes.set(head, prefixBytes)
  bytes.set(body, prefixBytes + head.length)
  return bytes
}

/** A number of the header; throws if it is not there. */
export function readNumber(header: WeightsFile['header'], name: string): number {
  const value = header[name]
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`a weights file has no "${name}"`)
  return value
}

/** A list of the header whose every entry passes `isEntry`; throws otherwise. */
export function readList<Entry>(
  header: WeightsFile['header'],
  name: string,
  isEntry: (value: unknown) => value is Entry,
): readonly Entry[] {
  const value = header[name]
  if (!Array.isArray(value)) throw new Error(`a weights file has no "${name}"`)
  const entries: readonly unknown[] = value
  if (!entries.every(isEntry)) throw new Error(`"${name}" of a weights file is damaged`)
  return entries
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
