import { z } from 'zod'
import { allowanceEntry, hoursEntry } from './allowance-entry.ts'
import { policyChangeSchema } from './policy-schema.ts'

/** Also the file name of a tenant's database, so nothing but these characters. */
const shortName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'Use small letters, digits and hyphens, at most 40, beginning with a letter or digit.')
const shownName = z.string().trim().min(1, 'Write a name.').max(80, 'Keep it under 80 characters.')
const userId = z.string().regex(/^@[^:\s]+:\S+$/, 'Write a full Matrix user id, like "@name:server".')
const roomId = z.string().regex(/^!\S+$/, 'Write the room\'s internal id, like "!opaque:server" (in Element: room settings, Advanced).')
const address = z.url({ protocol: /^https?$/, error: 'Write an address like http://127.0.0.1:8008.' })
const secret = z.string().min(1, 'Write file:PATH, env:NAME, or the secret itself.')
const price = z.number().nonnegative('Write US dollars for a million tokens.').max(100_000, 'Write US dollars for a million tokens.')
const timeZone = z.string().refine(isTimeZone, 'Use a name like Europe/Berlin.')
const locale = z.enum(['en', 'de'])
const alias = z.enum(['smart', 'fast', 'economy', 'judge', 'local'])
const answers = z.enum(['all', 'addressed', 'never'])
const roomKind = z.enum(['chat', 'control', 'parents', 'trusted'])
const minorsRule = z.enum(['yes', 'conditions', 'no'])
const day = z.iso.date('Write the day like 2026-11-25.')
const tier = z.enum(['child', 'teen', 'adult'])
const role = z.enum(['owner', 'adult', 'teen', 'child', 'guest'])

const tenant = z.strictObject({
  name: shownName,
  // what the guardrails keep from models: people who are no members, and where the household lives
  names: z.array(shownName).optional(),
  addresses: z.array(z.string().trim().min(5, 'Write street and number, a comma, postal code and town.')).optional(),
  countries: z.array(z.string().regex(/^[A-Z]{2}$/, 'Use the two capital letters of the country, like DE.')).optional(),
  // of all its members and of what runs in the background together
  allowance: allowanceEntry.optional(),
  guardrails: policyChangeSchema.optional(),
})

const member = z.strictObject({
  user: userId,
  name: shownName,
  role,
  tenant: shortName,
  birth_year: z.int().min(1900, 'Write the year with four digits.').max(2200, 'Write the year with four digits.').optional(),
  locale: locale.default('en'),
  time_zone: timeZone.optional(),
  guardian_of: z.array(shortName).default([]),
  // nothing but a child's safety rings then
  quiet_hours: hoursEntry.default([]),
  allowance: allowanceEntry.optional(),
  guardrails: policyChangeSchema.optional(),
})

const room = z.strictObject({
  room: roomId,
  tenant: shortName,
  domain: shortName,
  profile: shortName.optional(),
  answers: answers.optional(),
  kind: roomKind.default('chat'),
  // of this room alone; otherwise profile or domain name it
  alias: alias.optional(),
  guardrails: policyChangeSchema.optional(),
})

const pause = z.strictObject({ until: z.iso.datetime({ error: 'Write the moment like 2026-11-25T18:00:00Z.' }).optional(), by: shortName })
const paused = z.strictObject({ members: z.record(shortName, pause).default({}), rooms: z.record(z.string(), pause).default({}) })

const matrix = z.strictObject({
  homeserver: address.optional(),
  user: userId.optional(),
  appservice_token: secret.optional(),
  access_token: secret.optional(),
  rate_limit: z
    .strictObject({ per_second: z.number().positive('Use a number above 0.'), burst: z.int().positive('Use a number above 0.') })
    .optional(),
  trust: z.enum(['signed', 'any']).default('signed'),
})

const model = z.strictObject({
  model: z.string().regex(/^[^/\s]+\/\S+$/, 'Write provider/model, like anthropic/claude-sonnet-4-5.'),
  input_usd_per_million: price.optional(),
  output_usd_per_million: price.optional(),
  // wins over the provider's terms in config/minors.yaml
  minors: minorsRule.optional(),
})

/** An owner's yes to the conditions of a provider. */
const acceptedTerms = z.strictObject({
  provider: z.string().min(1, 'Write a provider of config/minors.yaml.'),
  accepted_by: shortName,
  on: day,
})

/** `ai-ops.yaml`, the file people edit. */
export const householdSchema = z.strictObject({
  version: z.literal(1),
  instance: z.strictObject({ name: shownName.default('Home'), stack: z.enum(['local', 'none']).default('local') }).prefault({}),
  matrix: matrix.prefault({}),
  gateway: z.strictObject({ url: address, key: secret }).optional(),
  models: z.partialRecord(alias, model).default({}),
  minors_terms: z.array(acceptedTerms).default([]),
  // checks what clients other than the assistant send through the gateway; read at start
  gateway_guardrail: z.strictObject({ enabled: z.boolean().default(false), tier: tier.default('adult') }).prefault({}),
  guardrails: z.strictObject({ presidio_url: address.optional() }).prefault({}),
  tenants: z.record(shortName, tenant),
  members: z.record(shortName, member),
  rooms: z.record(shortName, room).default({}),
  paused: paused.prefault({}),
})
export type HouseholdFile = z.output<typeof householdSchema>

/** `control-room.yaml`: parts of entries, laid over those of `ai-ops.yaml`; null takes an entry out. */
export const overlaySchema = z.strictObject({
  version: z.literal(1),
  tenants: z.record(shortName, z.strictObject({ allowance: allowanceEntry.optional() })).default({}),
  members: z
    .record(
      shortName,
      z
        .strictObject({
          user: userId.optional(),
          name: shownName.optional(),
          role: role.optional(),
          tenant: shortName.optional(),
          birth_year: member.shape.birth_year,
          locale: locale.optional(),
          time_zone: timeZone.optional(),
          guardian_of: z.array(shortName).optional(),
          allowance: allowanceEntry.optional(),
        })
        .nullable(),
    )
    .default({}),
  rooms: z
    .record(
      shortName,
      z
        .strictObject({
          room: roomId.optional(),
          tenant: shortName.optional(),
          domain: shortName.optional(),
          profile: shortName.optional(),
          answers: answers.optional(),
          kind: roomKind.optional(),
          alias: alias.optional(),
        })
        .nullable(),
    )
    .default({}),
  paused: paused.prefault({}),
})
export type OverlayFile = z.output<typeof overlaySchema>

/** `config/domains/<id>.yaml`. */
export const domainSchema = z.strictObject({
  name: shownName,
  description: z.string().trim().min(1, 'Write one sentence.'),
  alias,
  profile: shortName,
  max_tokens: z.int().min(16, 'Use a number from 16 to 32000.').max(32_000, 'Use a number from 16 to 32000.'),
  prompt: z.string().trim().min(1, 'Write the prompt.'),
})

/** `config/profiles/<id>.yaml`. */
export const profileSchema = z.strictObject({
  name: shownName,
  tone: z.string().trim().min(1, 'Write a few words.'),
  language: locale.optional(),
  reading_age: z.int().min(5, 'Use an age from 5 to 18.').max(18, 'Use an age from 5 to 18.').optional(),
  alias: alias.optional(),
  prompt: z.string().trim().min(1, 'Write the prompt.'),
})

/** `config/minors.yaml`. */
export const minorsSchema = z.strictObject({
  providers: z.record(
    z.string().min(1, 'Write the provider as LiteLLM calls it.'),
    z.strictObject({
      minors: minorsRule,
      source: address.optional(),
      date: day,
      note: z.string().trim().min(1, 'Write what the terms say.'),
    }),
  ),
})

/** `config/demo/household.yaml`. */
export const demoSchema = z.strictObject({
  space: shownName,
  assistant: z.strictObject({ localpart: shortName, name: shownName }),
  tenants: z.record(shortName, z.strictObject({ name: shownName })),
  members: z.record(
    shortName,
    z.strictObject({ localpart: shortName, name: shownName, role, tenant: shortName, guardian_of: z.array(shortName).default([]) }),
  ),
  rooms: z.record(
    shortName,
    z.strictObject({
      name: shownName,
      topic: z.string().trim().min(1, 'Write one sentence.'),
      tenant: shortName,
      domain: shortName,
      profile: shortName.optional(),
      answers: answers.optional(),
      kind: roomKind.default('chat'),
      members: z.array(shortName).min(1, 'Name at least one member.'),
    }),
  ),
})
export type DemoFile = z.output<typeof demoSchema>

/** One language of `config/sentences/`: groups of sentences. */
export const sentencesSchema = z.record(z.string(), z.record(z.string(), z.string().trim().min(1, 'Write the sentence.')))

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0
  } catch {
    return false
  }
}
