/** A key as IndexedDB gives it to its records: valid, and binary as `ArrayBuffer`. */
export type IndexedDbKey = number | Date | string | ArrayBuffer | readonly IndexedDbKey[]

// ascending, since IndexedDB orders the types so; zero ends a key's part, so that it sorts before every continuation
const end = 0x00
const numberTag = 0x10
const dateTag = 0x20
const stringTag = 0x30
const binaryTag = 0x40
const arrayTag = 0x50

/**
 * Encodes a key as bytes that compare, byte by byte, as IndexedDB compares the keys; no encoded key is a prefix of another.
 * -0 becomes 0: IndexedDB takes the two for equal. Throws a `TypeError` on what is no key.
 */
export function encodeKey(key: unknown): Uint8Array {
  const writer = new Writer()
  writeKey(writer, key)
  return writer.bytes()
}

/** The key that `encodeKey` made these bytes of. */
export function decodeKey(bytes: Uint8Array): IndexedDbKey {
  return readKey({ bytes, at: 0 })
}

/** The bytes right behind an encoded key, before every greater one. */
export function justAfter(encoded: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(encoded.length + 1)
  bytes.set(encoded)
  return bytes
}

/** Before every encoded key. */
export const lowestKey = new Uint8Array(0)
/** Behind every encoded key. */
export const highestKey = Uint8Array.of(0xff)

function writeKey(writer: Writer, key: unknown): void {
  if (typeof key === 'number') {
    writer.byte(numberTag)
    writer.double(key)
  } else if (typeof key === 'string') {
    writer.byte(stringTag)
    for (let i = 0; i < key.length; i++) writer.unit(key.charCodeAt(i))
    writer.byte(end)
  } else if (key instanceof Date) {
    writer.byte(dateTag)
    writer.double(key.getTime())
  } else if (key instanceof ArrayBuffer) {
    writer.byte(binaryTag)
    for (const byte of new Uint8Array(key)) writer.unit(byte)
    writer.byte(end)
  } else if (Array.isArray(key)) {
    writer.byte(arrayTag)
    for (const part of key) writeKey(writer, part)
    writer.byte(end)
  } else {
    throw new TypeError('not a valid IndexedDB key')
  }
}

class Writer {
  #bytes = new Uint8Array(64)
  #length = 0

  byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#length * 2)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes[this.#length++] = value
  }

  /** Big endian; the sign bit is turned, and all others where it was set, so that negative numbers sort first and downward. */
  double(value: number): void {
    const view = new DataView(new ArrayBuffer(8))
    view.setFloat64(0, value === 0 ? 0 : value)
    const flip = view.getUint8(0) & 0x80 ? 0xff : 0x00
    for (let i = 0; i < 8; i++) this.byte(view.getUint8(i) ^ (i === 0 ? flip | 0x80 : flip))
  }

  /**
   * One UTF-16 code unit (or byte) in one to three bytes, the first of them never zero: it tells the length, and shorter
   * forms hold the smaller units.
   */
  unit(value: number): void {
    if (value < 0x7f) {
      this.byte(value + 1)
    } else if (value < 0x407f) {
      this.byte(0x80 | ((value - 0x7f) >> 8))
      this.byte((value - 0x7f) & 0xff)
    } else {
      this.byte(0xc0)
      this.byte(value >> 8)
      this.byte(value & 0xff)
    }
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }
}

interface Reader {
  readonly bytes: Uint8Array
  at: number
}

function readKey(reader: Reader): IndexedDbKey {
  const tag = nextByte(reader)
  switch (tag) {
    case numberTag:
      return readDouble(reader)
    case dateTag:
      return new Date(readDouble(reader))
    case stringTag:
      return toText(readUnits(reader))
    case binaryTag:
      return Uint8Array.from(readUnits(reader)).buffer
    case arrayTag: {
      const parts: IndexedDbKey[] = []
      while (reader.bytes[reader.at] !== end) parts.push(readKey(reader))
      reader.at++
      return parts
    }
    default:
      throw new RangeError(`no key starts with byte ${tag}`)
  }
}

function nextByte(reader: Reader): number {
  const byte = reader.bytes[reader.at++]
  if (byte === undefined) throw new RangeError('the key ends too early')
  return byte
}

function readDouble(reader: Reader): number {
  const view = new DataView(new ArrayBuffer(8))
  const flip = (reader.bytes[reader.at] ?? 0) & 0x80 ? 0x00 : 0xff
  for (let i = 0; i < 8; i++) view.setUint8(i, nextByte(reader) ^ (i === 0 ? flip | 0x80 : flip))
  return view.getFloat64(0)
}

function readUnits(reader: Reader): readonly number[] {
  const units: number[] = []
  for (let first = nextByte(reader); first !== end; first = nextByte(reader)) {
    if (first < 0x80) units.push(first - 1)
    else if (first < 0xc0) units.push((((first & 0x3f) << 8) | nextByte(reader)) + 0x7f)
    else units.push((nextByte(reader) << 8) | nextByte(reader))
  }
  return units
}

function toText(units: readonly number[]): string {
  let text = ''
  // an engine limits the arguments of one call
  for (let at = 0; at < units.length; at += 8_192) text += String.fromCharCode(...units.slice(at, at + 8_192))
  return text
}
