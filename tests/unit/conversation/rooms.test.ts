import { describe, expect, test } from 'vitest'
import type { Domain } from '../../../src/contracts/household.ts'
import { directBinding } from '../../../src/conversation/rooms.ts'
import { binding, buildHousehold, member, ROOM } from './conversation-fixtures.ts'

const domains = (...ids: readonly string[]): ReadonlyMap<string, Domain> => {
  const [any] = buildHousehold([]).domains.values()
  if (any === undefined) throw new Error('the fixtures have no domain')
  return new Map(ids.map((id) => [id, { ...any, id }]))
}

describe("the domain of a member's direct room", () => {
  test.each([
    ['of the first chat room of their tenant', [binding({ domain: 'gencreator' })], ['agentic', 'family', 'gencreator'], 'gencreator'],
    ['family where the tenant has no chat room yet', [], ['agentic', 'enterprise', 'family'], 'family'],
    ['family where only Control is there', [binding({ kind: 'control', domain: 'agentic' })], ['agentic', 'family'], 'family'],
    ['any other where there is no family', [], ['agentic'], 'agentic'],
    ['none where no domain exists', [], [], undefined],
  ])('%s', (_case, rooms, known, expected) => {
    const house = { ...buildHousehold([]), rooms: new Map(rooms.map((room) => [room.roomId, room])), domains: domains(...known) }
    expect(directBinding(house, member('kim'), ROOM, 7)?.domain).toBe(expected)
  })
})
