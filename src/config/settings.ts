import { createHash } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Fault, Result } from '../contracts/result.ts'
import type { Changed, SettingChange, Settings } from '../contracts/settings.ts'
import { toAllowanceEntry } from './allowance-entry.ts'
import { overlayFileName, readOverlay } from './control-overlay.ts'
import { readDataFiles } from './data-files.ts'
import { checkTogether } from './household-file.ts'
import { knownNames } from './load-household.ts'
import { overlaySchema, type OverlayFile } from './schema.ts'

export interface SettingsOptions {
  /** Absolute path of the data home. */
  readonly home: string
  readonly projectRoot: string
  /** Makes the household say what the files say. */
  readonly refresh: () => Promise<void>
}

const COMMENT = 'Written by the assistant when owners and guardians change something from a room, and laid over ai-ops.yaml.'
const EMPTY: OverlayFile = { version: 1, tenants: {}, members: {}, rooms: {}, paused: { members: {}, rooms: {} } }
const lineWidth = 140

/**
 * Changes `control-room.yaml`, one change after the other: read, changed, checked together with `ai-ops.yaml`, and only then replaced
 * as a whole, so that a kill or a full disk leaves the old one.
 */
export function createSettings(options: SettingsOptions): Settings {
  let last: Promise<unknown> = Promise.resolve()
  return {
    change(change) {
      const next = last.then(() => carryOut(options, change))
      last = next.catch(() => undefined)
      return next
    },
  }
}

async function carryOut({ home, projectRoot, refresh }: SettingsOptions, change: SettingChange): Promise<Result<Changed, Fault>> {
  const [overlay, data] = await Promise.all([readOverlay(home), readDataFiles(projectRoot)])
  if (!overlay.ok) return overlay
  if (!data.ok) return data
  const before = overlay.value?.value ?? EMPTY
  const wanted = overlaySchema.safeParse(changeOverlay(before, change))
  if (!wanted.success) {
    const why = wanted.error.issues[0]?.message ?? 'it cannot be written'
    return { ok: false, error: { code: 'wrong-value', sentence: `This cannot be set: ${why}` } }
  }
  const checked = await checkTogether(home, { value: wanted.data, lineOf: () => 0 }, knownNames(data.value))
  if (!checked.ok) return checked
  const written = await replace(join(home, overlayFileName), `# ${COMMENT}\n${stringify(wanted.data, { lineWidth })}`)
  if (!written.ok) return written
  await refresh()
  return { ok: true, value: { before: hashOf(entryOf(before, change)), after: hashOf(entryOf(wanted.data, change)) } }
}

function changeOverlay(overlay: OverlayFile, change: SettingChange): unknown {
  const { members, rooms, tenants, paused } = overlay
  const withMember = (id: string, fields: object): unknown => ({ ...overlay, members: { ...members, [id]: { ...members[id], ...fields } } })
  switch (change.kind) {
    case 'allowance':
      return withMember(change.member, { allowance: toAllowanceEntry(change.allowance) })
    case 'tenant-allowance':
      return {
        ...overlay,
        tenants: { ...tenants, [change.tenant]: { ...tenants[change.tenant], allowance: toAllowanceEntry(change.allowance) } },
      }
    case 'room': {
      const { answers, alias } = change
      const fields = { ...(answers === undefined ? {} : { answers }), ...(alias === undefined ? {} : { alias }) }
      return { ...overlay, rooms: { ...rooms, [change.room]: { ...rooms[change.room], ...fields } } }
    }
    case 'room-bound': {
      const { room, roomId, tenant, domain } = change
      return { ...overlay, rooms: { ...rooms, [room]: { room: roomId, tenant, domain } } }
    }
    case 'room-removed':
      return { ...overlay, rooms: { ...rooms, [change.room]: null } }
    case 'member': {
      const { userId, name, role, tenant, guardianOf, locale } = change.fields
      const fields = { user: userId, name, role, tenant, guardian_of: guardianOf, locale }
      return withMember(change.member, Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)))
    }
    case 'member-removed':
      return { ...overlay, members: { ...members, [change.member]: null } }
    case 'member-pause':
      return { ...overlay, paused: { ...paused, members: withPause(paused.members, change.member, change.pause) } }
    case 'room-pause':
      return { ...overlay, paused: { ...paused, rooms: withPause(paused.rooms, change.room, change.pause) } }
  }
}

type PauseEntries = OverlayFile['paused']['members']
type PauseChange = Extract<SettingChange, { readonly kind: 'member-pause' }>['pause']

function withPause(entries: PauseEntries, name: string, pause: PauseChange): PauseEntries {
  const others = Object.fromEntries(Object.entries(entries).filter(([other]) => other !== name))
  if (pause === undefined) return others
  const { until, by } = pause
  return { ...others, [name]: { ...(until === undefined ? {} : { until: new Date(until).toISOString() }), by } }
}

/** The part of the overlay that a change is about. */
function entryOf({ members, rooms, tenants, paused }: OverlayFile, change: SettingChange): unknown {
  switch (change.kind) {
    case 'allowance':
    case 'member':
    case 'member-removed':
      return members[change.member]
    case 'tenant-allowance':
      return tenants[change.tenant]
    case 'room':
    case 'room-bound':
    case 'room-removed':
      return rooms[change.room]
    case 'member-pause':
      return paused.members[change.member]
    case 'room-pause':
      return paused.rooms[change.room]
  }
}

function hashOf(entry: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(entry) ?? '')
    .digest('hex')
}

/** As a whole, and on the disk before the old one is gone. */
async function replace(path: string, text: string): Promise<Result<true, Fault>> {
  try {
    await writeFile(`${path}.new`, text, { mode: 0o600, flush: true })
    await rename(`${path}.new`, path)
    return { ok: true, value: true }
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return {
      ok: false,
      error: {
        code: 'not-written',
        sentence: `${overlayFileName} cannot be written (${why}): free space or let this user write the data home. Nothing was changed.`,
      },
    }
  }
}
