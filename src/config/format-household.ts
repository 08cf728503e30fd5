import { stringify } from 'yaml'
import type { z } from 'zod'
import { householdSchema } from './schema.ts'

const lineWidth = 140

/** The text of an `ai-ops.yaml` that people can go on editing, under a comment. Throws if the content would not be accepted when it is read. */
export function formatHousehold(content: z.input<typeof householdSchema>, comment: string): string {
  householdSchema.parse(content)
  return `# ${comment}\n${stringify(content, { lineWidth })}`
}
