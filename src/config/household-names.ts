import type { HouseholdNames } from '../contracts/rails.ts'
import type { HouseholdFile } from './schema.ts'

/** What the guardrails must find exactly: the members' names and what `ai-ops.yaml` says of the tenants; of one tenant, or of all. */
export function readHouseholdNames(file: HouseholdFile, tenant?: string): HouseholdNames {
  const tenants = Object.entries(file.tenants).filter(([id]) => tenant === undefined || id === tenant)
  const members = Object.values(file.members).filter((member) => tenant === undefined || member.tenant === tenant)
  return {
    names: [...new Set([...members.map((member) => member.name), ...tenants.flatMap(([, entry]) => entry.names ?? [])])],
    addresses: [...new Set(tenants.flatMap(([, entry]) => entry.addresses ?? []))],
    countries: [...new Set(tenants.flatMap(([, entry]) => entry.countries ?? []))],
  }
}
