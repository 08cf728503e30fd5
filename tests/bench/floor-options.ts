/** What the floor is told, as JSON in its first argument. */
export interface FloorOptions {
  readonly homeserver: string
  readonly token: string
  readonly userId: string
  readonly upstreamUrl: string
  readonly folder: string
  /** streamed: what the model wrote is sent with its first piece and edited every 500 ms. */
  readonly mode: 'whole' | 'streamed'
}

/** Made by whoever starts the floor, before its first start. */
export const FLOOR_DEVICE = 'FLOORBOT'
