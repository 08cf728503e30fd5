import type { KidCategory, RailPolicy } from '../../../src/contracts/rails.ts'

const never = { judgeFrom: Number.POSITIVE_INFINITY, actFrom: Number.POSITIVE_INFINITY } as const
const lax = { ...never, action: 'allow' } as const
const allowed: Readonly<Record<KidCategory, 'allow'>> = {
  violence: 'allow',
  weapons: 'allow',
  sexual: 'allow',
  drugs: 'allow',
  'self-harm': 'allow',
  'hate-bullying': 'allow',
  grooming: 'allow',
  illegal: 'allow',
  'dangerous-challenge': 'allow',
  'adult-content': 'allow',
  dieting: 'allow',
  manipulation: 'allow',
  'harm-at-home': 'allow',
}

/** A policy that finds and reports, and does nothing. */
export const laxPolicy: RailPolicy = {
  pii: { in: [], out: [], tool: [] },
  secrets: { in: 'allow', out: 'allow', tool: 'allow' },
  injection: { in: lax, out: lax, tool: lax },
  toxicity: { in: lax, out: lax, tool: lax },
  kidSafety: { bands: { in: never, out: never, tool: never }, categories: allowed },
  withoutJudge: 'allow',
  askFrom: Number.POSITIVE_INFINITY,
  guardians: { alerts: 'none', harmAtHome: 'nobody' },
}

/** The same, strict everywhere. */
export const strictPolicy: RailPolicy = {
  pii: { in: ['PHONE_NUMBER', 'HOUSEHOLD'], out: ['PHONE_NUMBER'], tool: [] },
  secrets: { in: 'refuse', out: 'redact', tool: 'redact' },
  injection: {
    in: { judgeFrom: 0.5, actFrom: 0.8, action: 'refuse' },
    out: lax,
    tool: { judgeFrom: 0.5, actFrom: 0.5, action: 'redact' },
  },
  toxicity: { in: lax, out: { judgeFrom: 0.3, actFrom: 0.6, action: 'refuse' }, tool: lax },
  kidSafety: {
    bands: { in: { judgeFrom: 0.5, actFrom: 0.8 }, out: { judgeFrom: 0.5, actFrom: 0.8 }, tool: never },
    categories: { ...allowed, violence: 'refuse', 'self-harm': 'care', grooming: 'care', 'harm-at-home': 'care', dieting: 'care' },
  },
  withoutJudge: 'refuse',
  askFrom: 0.3,
  guardians: { alerts: 'excerpt', harmAtHome: 'nobody' },
}
