import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Result } from '../contracts/result.ts'
import type { ConfigFault } from './config-fault.ts'
import { policyFolder } from './policies.ts'
import { readYamlFile } from './yaml-file.ts'

const share = z.number().min(0, 'Use a number from 0 to 100.').max(100, 'Use a number from 0 to 100.')
const measurement = { date: z.iso.date('Write the date like "2026-11-25".'), rows: z.int().positive('Write how many rows it was.') }
const alone = z.strictObject({ ...measurement, passWithRulesAlone: share })
const judged = z.strictObject({ ...measurement, passWithJudge: share, judge: z.string().trim().min(1, 'Name the model.') })

/** How many of 100 unsafe questions get through, and when that was measured on how many rows. */
export interface Measured {
  readonly alone: z.output<typeof alone>
  /** Of this home's own judge; undefined: not measured here. */
  readonly judged: z.output<typeof judged> | undefined
}

const shippedFile = `${policyFolder}/measured.json`
const ownFile = 'guardrails-measured.json'

/** Reads `policies/measured.json`, and `guardrails-measured.json` of the data home if there is one. */
export async function readMeasured(projectRoot: string, home: string): Promise<Result<Measured, ConfigFault>> {
  // JSON is YAML too, and this reader knows the lines
  const shipped = await readYamlFile(join(projectRoot, shippedFile), shippedFile, alone)
  if (!shipped.ok) return shipped
  if (!existsSync(join(home, ownFile))) return { ok: true, value: { alone: shipped.value.value, judged: undefined } }
  const own = await readYamlFile(join(home, ownFile), ownFile, judged)
  return own.ok ? { ok: true, value: { alone: shipped.value.value, judged: own.value.value } } : own
}
