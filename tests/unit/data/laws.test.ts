import { afterAll, describe } from 'vitest'
import type { TenantId } from '../../../src/contracts/ids.ts'
import { openKeyRing } from '../../../src/data/key-ring.ts'
import { InMemorySafety } from '../../fakes/in-memory-safety.ts'
import { InMemoryTenant } from '../../fakes/in-memory-tenant.ts'
import { allowanceLaws } from '../../laws/allowance-laws.ts'
import { auditLaws } from '../../laws/audit-laws.ts'
import { edgeStoreLaws } from '../../laws/edge-store-laws.ts'
import { incidentLaws } from '../../laws/incident-laws.ts'
import { ledgerLaws } from '../../laws/ledger-laws.ts'
import { memoryLaws } from '../../laws/memory-laws.ts'
import { parentQuestionLaws } from '../../laws/parent-question-laws.ts'
import { sealsLaws } from '../../laws/seals-laws.ts'
import { traceStoreLaws } from '../../laws/trace-store-laws.ts'
import { expectValue, masterKey, openHome } from './open-stores.ts'
import { makeTemporaryHome } from './temporary-home.ts'

edgeStoreLaws('edge.db', async () => {
  const home = makeTemporaryHome()
  let open = openHome(home.path)
  return {
    store: open.edge,
    reopen: async () => {
      await open[Symbol.asyncDispose]()
      open = openHome(home.path)
      return open.edge
    },
    [Symbol.asyncDispose]: async () => {
      await open[Symbol.asyncDispose]()
      home[Symbol.dispose]()
    },
  }
})

describe('one thread with a tenant for each law', () => {
  const home = makeTemporaryHome()
  const open = openHome(home.path)
  afterAll(async () => {
    await open[Symbol.asyncDispose]()
    home[Symbol.dispose]()
  })
  let tenants = 0
  const openTenant = () => {
    const { context, ...stores } = open.tenants.open(`tenant-${(tenants += 1)}` as TenantId)
    return { ...stores, memory: context, [Symbol.asyncDispose]: async () => {} }
  }
  ledgerLaws('a tenant file', async () => openTenant())
  allowanceLaws('a tenant file', async () => openTenant())
  memoryLaws('a tenant file', async () => openTenant())
  traceStoreLaws('a tenant file', async () => openTenant())
  incidentLaws('a tenant file', async () => openTenant())
  parentQuestionLaws('a tenant file', async () => openTenant())
  auditLaws('a tenant file', async () => openTenant())
})

const openInMemory = async () => Object.assign(new InMemorySafety(), { [Symbol.asyncDispose]: async () => {} })
allowanceLaws('the double', async () =>
  Object.assign(new InMemoryTenant('family' as TenantId, []), { [Symbol.asyncDispose]: async () => {} }),
)
incidentLaws('the double', openInMemory)
parentQuestionLaws('the double', openInMemory)
auditLaws('the double', openInMemory)

sealsLaws('keys.db', () => {
  const home = makeTemporaryHome()
  const keys = expectValue(openKeyRing(home.path, masterKey))
  return {
    seals: keys,
    destroyKey: (tenant) => keys.destroy(`tenant:${tenant}`),
    [Symbol.dispose]: () => {
      keys[Symbol.dispose]()
      home[Symbol.dispose]()
    },
  }
})
