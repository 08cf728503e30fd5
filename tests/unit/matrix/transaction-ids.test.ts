import { expect, it } from 'vitest'
import type { EventId } from '../../../src/contracts/ids.ts'
import { draftTransaction, editTransaction, finalTransaction, redactTransaction } from '../../../src/interfaces/matrix/transaction-ids.ts'

const source = '$source' as EventId
const other = '$other' as EventId

it('the same send has the same id in every process: the values themselves are a promise', () => {
  expect(draftTransaction(source)).toBe('NShxgVoILY4Iu_JV72YqjXhWR_RFi9z_ZuVDkIhM3SM')
  expect(editTransaction(source, 1, 2)).toBe('O-34nrFSzd1k69UZCm3Zb8U_AtTSRmoTw-0e2mi3GGY')
  expect(finalTransaction(source, 0)).toBe('GeXmDm4KFmtsirUPSkA7Cdg--FjzMb2RXcwbAEAdSIk')
  expect(redactTransaction(source)).toBe('QFTYAK-zvcLLzX2KYTon2Sl-i3jc67XyHoxme2fcKkE')
})

it('different sends have different ids, also where their parts run together', () => {
  const ids = [
    draftTransaction(source),
    draftTransaction(other),
    editTransaction(source, 1, 11),
    editTransaction(source, 11, 1),
    editTransaction(source, 1, 1),
    editTransaction(other, 1, 1),
    finalTransaction(source, 0),
    finalTransaction(source, 1),
    finalTransaction(`${source}","final`, 0),
    redactTransaction(source),
  ]
  expect(new Set(ids).size).toBe(ids.length)
})

it('fits into a path as it is', () => {
  for (let n = 0; n < 50; n += 1) expect(editTransaction(source, n, n)).toMatch(/^[\w-]{43}$/)
})
