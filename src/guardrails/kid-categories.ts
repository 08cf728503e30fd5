import type { KidCategory } from '../contracts/rails.ts'

const kidCategories: Readonly<Record<KidCategory, true>> = {
  violence: true,
  weapons: true,
  sexual: true,
  drugs: true,
  'self-harm': true,
  'hate-bullying': true,
  grooming: true,
  illegal: true,
  'dangerous-challenge': true,
  'adult-content': true,
  dieting: true,
  manipulation: true,
  'harm-at-home': true,
}

/** True for the names of the closed set. */
export function isKidCategory(category: string): category is KidCategory {
  return Object.hasOwn(kidCategories, category)
}

/** Somebody may be in danger: never met with a bare refusal. */
export const careCategories: ReadonlySet<string> = new Set<KidCategory>(['self-harm', 'grooming', 'harm-at-home'])
