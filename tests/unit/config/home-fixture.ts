import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestFolder } from '../../support/test-folder.ts'

export const goodFile = `version: 1
instance: { name: Home, stack: local }
tenants:
  family: { name: Family }
members:
  owner:
    user: "@owner:localhost"
    name: Robin
    role: owner
    tenant: family
    birth_year: 1985
    time_zone: Europe/Berlin
    guardian_of: [child]
  child: { user: "@child:localhost", name: Mia, role: child, tenant: family, locale: de }
rooms:
  family: { room: "!family:localhost", tenant: family, domain: family, profile: household }
  control: { room: "!control:localhost", tenant: family, domain: family, kind: control }
`

/** A data home with this file, and a project folder with one domain and one profile. */
export function createHome(file: string = goodFile): { readonly home: string; readonly projectRoot: string } {
  const home = createTestFolder('home')
  writeFileSync(join(home, 'ai-ops.yaml'), file)
  const projectRoot = createTestFolder('project')
  mkdirSync(join(projectRoot, 'config/domains'), { recursive: true })
  mkdirSync(join(projectRoot, 'config/profiles'), { recursive: true })
  writeFileSync(
    join(projectRoot, 'config/domains/family.yaml'),
    'name: Family\ndescription: For a household.\nalias: smart\nprofile: household\nmax_tokens: 800\nprompt: Help.\n',
  )
  writeFileSync(join(projectRoot, 'config/profiles/household.yaml'), 'name: Assistant\ntone: calm\nprompt: Be kind.\n')
  writeFileSync(
    join(projectRoot, 'config/minors.yaml'),
    'providers:\n  anthropic: { minors: conditions, source: "https://provider.example/terms", date: 2026-11-25, note: With safeguards. }\n',
  )
  return { home, projectRoot }
}
