import { z } from 'zod'
import type { KidCategory } from '../contracts/rails.ts'

const piiTypes = [
  'EMAIL_ADDRESS',
  'URL',
  'DOMAIN_NAME',
  'IBAN_CODE',
  'IP_ADDRESS',
  'US_SSN',
  'CREDIT_CARD',
  'PHONE_NUMBER',
  'LOCATION',
  'ZIP_CODE',
  'DATE_TIME',
  'PERSON',
  // the household's own names and addresses
  'HOUSEHOLD',
] as const

/** Never met with a bare refusal; with minors always with care. */
export const careOnly = ['self-harm', 'grooming', 'harm-at-home'] as const satisfies readonly KidCategory[]

const action = z.enum(['allow', 'redact', 'care', 'ask-judge', 'refuse'])
const score = z
  .union([z.number().min(0).max(1), z.literal('never')], { error: 'Use a number from 0 to 1, or never.' })
  .transform((given) => (given === 'never' ? Number.POSITIVE_INFINITY : given))
const types = z.array(z.enum(piiTypes)).refine((given) => new Set(given).size === given.length, 'Name each type once.')

interface BandEntry {
  readonly judge_from?: number | undefined
  readonly act_from?: number | undefined
}

const bandShape = { judge_from: score, act_from: score }
const isOrdered = ({ judge_from: judgeFrom = 0, act_from: actFrom = Number.POSITIVE_INFINITY }: BandEntry): boolean =>
  judgeFrom <= actFrom || judgeFrom === Number.POSITIVE_INFINITY
const order = 'Use a judge_from that is not above act_from, or never.'
const band = z.strictObject(bandShape).refine(isOrdered, order)
const actingBand = z.strictObject({ ...bandShape, action }).refine(isOrdered, order)

function each<Schema extends z.ZodType>(schema: Schema): z.ZodObject<{ in: Schema; out: Schema; tool: Schema }, z.core.$strict> {
  return z.strictObject({ in: schema, out: schema, tool: schema })
}

const categoryShape = {
  violence: action,
  weapons: action,
  sexual: action,
  drugs: action,
  'self-harm': action,
  'hate-bullying': action,
  grooming: action,
  illegal: action,
  'dangerous-challenge': action,
  'adult-content': action,
  dieting: action,
  manipulation: action,
  'harm-at-home': action,
}
const categories = z.strictObject(categoryShape).superRefine((given, context) => {
  for (const category of careOnly) {
    if (given[category] !== 'refuse') continue
    context.addIssue({ code: 'custom', path: [category], message: 'Use care: this is never met with a bare refusal.' })
  }
})
const guardianShape = { alerts: z.enum(['none', 'category', 'excerpt', 'text']), harm_at_home: z.enum(['nobody', 'trusted']) }
const withoutJudge = z.enum(['refuse', 'allow'])

/** `policies/<tier>.yaml`: every rule named, nothing left to a default. */
export const policySchema = z.strictObject({
  version: z.literal(1),
  pii: each(types),
  secrets: each(action),
  injection: each(actingBand),
  toxicity: each(actingBand),
  kid_safety: z.strictObject({ bands: each(band), categories }),
  without_judge: withoutJudge,
  ask_from: score,
  guardians: z.strictObject(guardianShape),
})
export type PolicyFile = z.output<typeof policySchema>

const careStays = z.literal('care', { error: 'Use care, or leave it out: this is always met with care.' })
const bandChange = z.strictObject(bandShape).partial().refine(isOrdered, order)
const actingBandChange = z
  .strictObject({ ...bandShape, action })
  .partial()
  .refine(isOrdered, order)

/** `guardrails:` under a tenant, a room or a member of `ai-ops.yaml`: the keys of a policy file, each of which may be left out. */
export const policyChangeSchema = z.strictObject({
  /** The owner who answers for what is looser than the shipped rules of a child. */
  approved_by: z.string().min(1, 'Name a member with the role owner.').optional(),
  pii: each(types).partial().optional(),
  secrets: each(action).partial().optional(),
  injection: each(actingBandChange).partial().optional(),
  toxicity: each(actingBandChange).partial().optional(),
  kid_safety: z
    .strictObject({
      bands: each(bandChange).partial().optional(),
      categories: z
        .strictObject({ ...categoryShape, 'self-harm': careStays, grooming: careStays, 'harm-at-home': careStays })
        .partial()
        .optional(),
    })
    .optional(),
  without_judge: withoutJudge.optional(),
  ask_from: score.optional(),
  guardians: z.strictObject(guardianShape).partial().optional(),
})
export type PolicyChangeEntry = z.output<typeof policyChangeSchema>

const countryCode = z.string().regex(/^[A-Z]{2}$/, 'Use the two capital letters of the country, like DE.')

const helpLine = z
  .strictObject({
    name: z.string().trim().min(1, 'Write the name.'),
    for: z.enum(['children', 'suicide', 'abuse']),
    phone: z
      .string()
      .regex(/^\+?[0-9 ]{3,20}$/, 'Write the number in quotes, in digits and spaces.')
      .optional(),
    web: z.url({ protocol: /^https$/, error: 'Write an address that begins with https://.' }).optional(),
    source: z.string().trim().min(1, 'Name who says so.'),
    date: z.iso.date('Write the date like "2026-11-25".'),
  })
  .refine((line) => line.phone !== undefined || line.web !== undefined, 'Give a phone number or a web address.')
export type HelpLineEntry = z.output<typeof helpLine>

/** `policies/help-lines.yaml`. */
export const helpLinesSchema = z.strictObject({
  version: z.literal(1),
  /** For whoever's country is not known or not listed. */
  international: z.array(helpLine).default([]),
  countries: z.record(countryCode, z.array(helpLine).min(1, 'Name at least one help line.')),
})
