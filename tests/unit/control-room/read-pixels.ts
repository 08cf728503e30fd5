import { inflateSync } from 'node:zlib'

export interface Pixels {
  /** Six hexadecimal digits, red first. */
  readonly colourAt: (x: number, y: number) => string
  readonly count: (colour: string) => number
}

const HEADER = 8
const CHANNELS = 4

/** The pixels of a PNG with eight bits for each of red, green, blue and opacity. */
export function readPixels(png: Uint8Array): Pixels {
  const bytes = Buffer.from(png)
  const width = bytes.readUInt32BE(16)
  const height = bytes.readUInt32BE(20)
  if (bytes.readUInt16BE(24) !== 0x0806) throw new Error('not RGBA of eight bits')
  const parts: Buffer[] = []
  for (let at = HEADER; at < bytes.length;) {
    const size = bytes.readUInt32BE(at)
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + size))
    at += size + 12
  }
  const rows = unfilter(inflateSync(Buffer.concat(parts)), { width, height })
  const colourAt = (x: number, y: number): string => rows.toString('hex', (y * width + x) * CHANNELS, (y * width + x) * CHANNELS + 3)
  return {
    colourAt,
    count: (colour) =>
      Array.from({ length: width * height }, (_, at) => colourAt(at % width, Math.floor(at / width))).filter((one) => one === colour)
        .length,
  }
}

/** Each row of a PNG names how its bytes differ from those to the left and above. */
function unfilter(filtered: Buffer, { width, height }: { readonly width: number; readonly height: number }): Buffer {
  const stride = width * CHANNELS
  const plain = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y += 1) {
    const filter = filtered[y * (stride + 1)] ?? 0
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x
      const left = x < CHANNELS ? 0 : (plain[at - CHANNELS] ?? 0)
      const above = y === 0 ? 0 : (plain[at - stride] ?? 0)
      const corner = x < CHANNELS || y === 0 ? 0 : (plain[at - stride - CHANNELS] ?? 0)
      plain[at] = (filtered[y * (stride + 1) + 1 + x] ?? 0) + guessOf(filter, { left, above, corner })
    }
  }
  return plain
}

function guessOf(filter: number, { left, above, corner }: Readonly<Record<'left' | 'above' | 'corner', number>>): number {
  switch (filter) {
    case 1:
      return left
    case 2:
      return above
    case 3:
      return Math.floor((left + above) / 2)
    case 4: {
      const guess = left + above - corner
      const [byLeft, byAbove, byCorner] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)]
      if (byLeft <= byAbove && byLeft <= byCorner) return left
      return byAbove <= byCorner ? above : corner
    }
    default:
      return 0
  }
}
