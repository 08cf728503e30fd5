import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from '../contracts/result.ts'
import type { ConfigFault } from './config-fault.ts'
import { overlaySchema, type OverlayFile } from './schema.ts'
import { readYamlFile, type YamlFile } from './yaml-file.ts'

/** What owners changed from the control room; written by the assistant, laid over `ai-ops.yaml`. */
export const overlayFileName = 'control-room.yaml'

/** The overlay of a home; undefined if nothing was ever changed from the room. */
export async function readOverlay(home: string): Promise<Result<YamlFile<OverlayFile> | undefined, ConfigFault>> {
  const path = join(home, overlayFileName)
  return existsSync(path) ? readYamlFile(path, overlayFileName, overlaySchema) : { ok: true, value: undefined }
}

type Plain = Readonly<Record<string, unknown>>

/**
 * The content of `ai-ops.yaml` with the overlay laid over it. `null` takes a member or room out. What the overlay changes of members,
 * rooms or tenants that the file no longer has is left out, since the file is people's and wins by taking away.
 */
export function layOver(file: unknown, overlay: OverlayFile): unknown {
  const base = isPlain(file) ? file : {}
  return {
    ...base,
    members: layEntries(base['members'], overlay.members, (entry) => 'user' in entry),
    rooms: layEntries(base['rooms'], overlay.rooms, (entry) => 'room' in entry),
    tenants: layEntries(base['tenants'], overlay.tenants, () => false),
    paused: overlay.paused,
  }
}

function layEntries(base: unknown, over: Readonly<Record<string, Plain | null>>, isWhole: (entry: Plain) => boolean): Plain {
  const entries: Record<string, unknown> = { ...(isPlain(base) ? base : {}) }
  for (const [name, entry] of Object.entries(over)) {
    const before = entries[name]
    if (entry === null) delete entries[name]
    else if (isPlain(before)) entries[name] = { ...before, ...entry }
    else if (isWhole(entry)) entries[name] = entry
  }
  return entries
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
