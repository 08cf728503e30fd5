import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EdgeStore, RoomDelta } from '../../src/contracts/edge-store.ts'
import type { DeviceId, EventId, RoomId, UserId } from '../../src/contracts/ids.ts'
import type { RoomMember } from '../../src/contracts/room-state.ts'
import { content, delta, event, family, row, tenant } from './edge-store-fixtures.ts'

export interface EdgeStoreFixture extends AsyncDisposable {
  /** A store that holds nothing yet. */
  readonly store: EdgeStore
  /** Closes the store and opens what it left behind; a double may answer the same store. */
  reopen(): Promise<EdgeStore>
}

const creator = '!creator:home' as RoomId

/** What every adapter and double of `EdgeStore` promises. */
export function edgeStoreLaws(name: string, makeFixture: () => Promise<EdgeStoreFixture>): void {
  describe(`${name} keeps the laws of EdgeStore`, () => {
    let fixture: EdgeStoreFixture
    let store: EdgeStore
    beforeEach(async () => {
      fixture = await makeFixture()
      store = fixture.store
    })
    afterEach(() => fixture[Symbol.asyncDispose]())

    const accept = (...rooms: readonly RoomDelta[]) => store.sync.acceptSync({ nextToken: 's1', rooms, accountData: [] })
    const pendingIds = async () => (await store.inbox.pending()).map((entry) => entry.eventId)

    describe('sync', () => {
      it('has nothing saved before the first response', async () => {
        expect(await store.sync.savedSync()).toBeUndefined()
        expect(await store.sync.rooms()).toEqual([])
        expect(await store.inbox.pending()).toEqual([])
      })

      it('keeps token, state and account data across a restart, the newest of each', async () => {
        const named = (text: string) => ({ type: 'm.room.name', state_key: '', content: { name: text } })
        await store.sync.acceptSync({
          nextToken: 's1',
          rooms: [delta(family, { state: [named('Family')] }), delta(creator)],
          accountData: [{ type: 'm.direct', content: { a: 1 } }],
        })
        await store.sync.acceptSync({
          nextToken: 's2',
          rooms: [delta(family, { state: [named('Us'), { type: 'm.room.create', state_key: '', content: {} }] })],
          accountData: [{ type: 'm.direct', content: { a: 2 } }],
        })
        store = await fixture.reopen()
        const saved = await store.sync.savedSync()
        expect(saved?.token).toBe('s2')
        expect(saved?.accountData).toEqual([{ type: 'm.direct', content: { a: 2 } }])
        expect(saved?.rooms.map((room) => [room.roomId, room.state.length])).toEqual([
          [family, 2],
          [creator, 0],
        ])
        expect(saved?.rooms[0]?.state).toContainEqual(named('Us'))
      })

      it('adds an event once, in the order of the timeline, and brings it back as it came', async () => {
        await accept(delta(family, { events: [event('$1'), event('$2')] }))
        await accept(delta(family, { events: [event('$2'), event('$3')] }))
        store = await fixture.reopen()
        const pending = await store.inbox.pending()
        expect(pending.map((entry) => entry.eventId)).toEqual(['$1', '$2', '$3'])
        expect(pending[0]).toMatchObject({ roomId: family, sentAt: 1_000, raw: event('$1').raw, draft: undefined, noticedAt: undefined })
        expect(pending[0]?.receivedAt).toBeGreaterThan(0)
        const sequences = pending.map((entry) => entry.sequence)
        expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
      })

      it('never adds a settled event again', async () => {
        await accept(delta(family, { events: [event('$1'), event('$2')] }))
        await store.inbox.settle(['$1' as EventId], 'not-addressed')
        await accept(delta(family, { events: [event('$1')] }))
        store = await fixture.reopen()
        await accept(delta(family, { events: [event('$1')] }))
        expect(await pendingIds()).toEqual(['$2'])
      })

      it('remembers what was settled before it came', async () => {
        await store.inbox.settle(['$early' as EventId], 'redacted')
        await accept(delta(family, { events: [event('$early')] }))
        expect(await pendingIds()).toEqual([])
      })

      it('holds a room back while it has a gap, and puts the gap before what followed it', async () => {
        await accept(delta(family, { events: [event('$1')] }))
        await accept(delta(family, { events: [event('$5'), event('$6')], gapFrom: 't5' }), delta(creator, { events: [event('$c')] }))
        expect(await pendingIds()).toEqual(['$c'])
        store = await fixture.reopen()
        const [gap, ...others] = await store.sync.gaps()
        expect(others).toEqual([])
        expect(gap).toMatchObject({ roomId: family, from: 't5', until: '$1' })
        if (gap) await store.sync.fillGap(gap, [event('$1'), event('$2'), event('$3'), event('$5')])
        expect(await store.sync.gaps()).toEqual([])
        const ofFamily = (await store.inbox.pending()).filter((entry) => entry.roomId === family)
        expect(ofFamily.map((entry) => entry.eventId)).toEqual(['$1', '$2', '$3', '$5', '$6'])
      })

      it('keeps two gaps of one room apart', async () => {
        await accept(delta(family, { events: [event('$1')] }))
        await accept(delta(family, { events: [event('$3')], gapFrom: 't3' }))
        await accept(delta(family, { events: [event('$5')], gapFrom: 't5' }))
        const gaps = await store.sync.gaps()
        expect(gaps.map((gap) => [gap.from, gap.until])).toEqual([
          ['t3', '$1'],
          ['t5', '$3'],
        ])
        if (gaps[1]) await store.sync.fillGap(gaps[1], [event('$4')])
        expect(await pendingIds()).toEqual([])
        if (gaps[0]) await store.sync.fillGap(gaps[0], [event('$2')])
        expect(await pendingIds()).toEqual(['$1', '$2', '$3', '$4', '$5'])
      })

      it('fills a gap once, and drops settled events from it', async () => {
        await store.inbox.settle(['$2' as EventId], 'not-addressed')
        await accept(delta(family, { gapFrom: 't' }))
        const [gap] = await store.sync.gaps()
        if (gap) await store.sync.fillGap(gap, [event('$2'), event('$3')])
        if (gap) await store.sync.fillGap(gap, [event('$4')])
        expect(await pendingIds()).toEqual(['$3'])
      })
    })

    describe('rooms and members', () => {
      const view = async (roomId: RoomId) => (await store.sync.rooms()).find((room) => room.roomId === roomId)
      const memberships = async (roomId: RoomId) =>
        Object.fromEntries((await view(roomId))?.members.map((member) => [member.userId, member.membership]) ?? [])

      it('takes the newest membership of each person, whatever comes first', async () => {
        await accept(delta(family, { members: [member('@a:home', 'join', 5), member('@b:home', 'invite', 5)] }))
        await accept(delta(family, { members: [member('@a:home', 'leave', 3), member('@b:home', 'join', 7)] }))
        expect(await memberships(family)).toEqual({ '@a:home': 'join', '@b:home': 'join' })
      })

      it('is complete only after /members answered, and not after the next gap', async () => {
        await accept(delta(family, { members: [member('@a:home', 'join', 5)] }))
        expect((await view(family))?.membersComplete).toBe(false)
        await store.sync.replaceMembers(family, [member('@b:home', 'join', 9)])
        expect(await memberships(family)).toEqual({ '@b:home': 'join' })
        expect((await view(family))?.membersComplete).toBe(true)
        await accept(delta(family, { gapFrom: 't' }))
        store = await fixture.reopen()
        expect((await view(family))?.membersComplete).toBe(false)
      })

      it('keeps a membership that is newer than the answer of /members', async () => {
        await accept(delta(family, { members: [member('@late:home', 'join', 20), member('@a:home', 'leave', 21)] }))
        await store.sync.replaceMembers(family, [member('@a:home', 'join', 9)])
        expect(await memberships(family)).toEqual({ '@late:home': 'join', '@a:home': 'leave' })
      })

      it('never takes encryption back, not even when the room was left', async () => {
        await accept(delta(family, { encrypted: true }), delta(creator))
        await store.sync.setEncrypted(creator)
        await accept(delta(family), delta(creator))
        await accept(delta(family, { joined: false }))
        await accept(delta(family))
        store = await fixture.reopen()
        expect((await view(family))?.encryption).toBe('encrypted')
        expect((await view(creator))?.encryption).toBe('encrypted')
      })

      it('does not call a room plain by itself', async () => {
        await accept(delta(family))
        expect((await view(family))?.encryption).toBe('unknown')
      })

      it('forgets the state of a room that was left, but not what was settled there', async () => {
        const state = [{ type: 'm.room.name', state_key: '', content: {} }]
        await accept(delta(family, { state, members: [member('@a:home', 'join', 5)], events: [event('$1')], gapFrom: 't' }))
        await store.inbox.settle(['$1' as EventId], 'answered')
        await accept(delta(family, { joined: false }))
        expect(await view(family)).toBeUndefined()
        expect((await store.sync.savedSync())?.rooms).toEqual([])
        expect(await store.sync.gaps()).toEqual([])
        await accept(delta(family, { events: [event('$1')] }))
        expect(await view(family)).toMatchObject({ membersComplete: false, members: [] })
        expect(await pendingIds()).toEqual([])
      })
    })

    describe('inbox', () => {
      it('counts what was settled by reason, each event once', async () => {
        await accept(delta(family, { events: [event('$1'), event('$2'), event('$3')] }))
        await store.inbox.settle(['$1', '$2'] as EventId[], 'not-addressed')
        await store.inbox.settle(['$2'] as EventId[], 'notice')
        await store.inbox.settle(['$3'] as EventId[], 'answered')
        store = await fixture.reopen()
        expect(await store.inbox.counts()).toEqual({ 'not-addressed': 2, answered: 1 })
      })

      it('remembers that a draft was begun, and its event once it is known', async () => {
        await accept(delta(family, { events: [event('$1'), event('$2')] }))
        await store.inbox.beginDraft('$1' as EventId)
        expect((await store.inbox.pending()).map((entry) => entry.draft)).toEqual([{ eventId: undefined }, undefined])
        await store.inbox.draftSent('$1' as EventId, '$draft' as EventId)
        store = await fixture.reopen()
        expect((await store.inbox.pending())[0]?.draft).toEqual({ eventId: '$draft' })
        expect(await store.outbox.isOwn('$draft' as EventId)).toBe(true)
      })

      it('remembers that people were told', async () => {
        await accept(delta(family, { events: [event('$1'), event('$2')] }))
        await store.inbox.noticed(['$2' as EventId], 42)
        expect((await store.inbox.pending()).map((entry) => entry.noticedAt)).toEqual([undefined, 42])
      })
    })

    describe('outbox', () => {
      it('commits reply, settled entries and jobs together, and brings them back as given', async () => {
        await accept(delta(family, { events: [event('$1'), event('$edit'), event('$2')] }))
        await store.outbox.commitReply({
          settles: ['$1', '$edit'] as EventId[],
          rows: [row('$1', { replyTo: '$1' as EventId, mentions: ['@a:home' as UserId], draft: { eventId: undefined } })],
          jobs: [{ tenant, kind: 'remember', payload: '{"n":1}' }],
        })
        store = await fixture.reopen()
        expect(await pendingIds()).toEqual(['$2'])
        expect(await store.inbox.counts()).toEqual({ answered: 2 })
        const [pending] = await store.outbox.pending()
        expect(await store.outbox.waiting()).toBe(1)
        expect(pending).toMatchObject({ roomId: family, tenant, source: '$1', turn: 'turn-$1', device: undefined, sentParts: 0 })
        expect(pending?.content).toEqual(
          content({ replyTo: '$1' as EventId, mentions: ['@a:home' as UserId], draft: { eventId: undefined } }),
        )
        expect(await store.outbox.jobs()).toMatchObject([{ tenant, kind: 'remember', payload: '{"n":1}', attempts: 0 }])
      })

      it('leaves a source that has its row as it is, before and after it was sent', async () => {
        const jobs = [{ tenant, kind: 'remember', payload: '{}' }] as const
        await store.outbox.commitReply({ settles: [], rows: [row('$1')], jobs })
        await store.outbox.commitReply({ settles: [], rows: [row('$1', { markdown: 'other' })], jobs })
        const [first, ...others] = await store.outbox.pending()
        expect(others).toEqual([])
        expect(first?.content.markdown).toBe('hello')
        expect(await store.outbox.jobs()).toHaveLength(1)
        if (first) await store.outbox.sent(first.id, 5)
        await store.outbox.commitReply({ settles: [], rows: [row('$1')], jobs: [] })
        store = await fixture.reopen()
        expect(await store.outbox.pending()).toEqual([])
      })

      it('answers unsent rows oldest first, with the first device and the parts that went out', async () => {
        await store.outbox.commitReply({ settles: [], rows: [row('$1'), row('$2')], jobs: [] })
        const [first, second] = await store.outbox.pending()
        expect([first?.source, second?.source]).toEqual(['$1', '$2'])
        const id = first?.id ?? 0
        await store.outbox.claim(id, 'ONE' as DeviceId)
        await store.outbox.claim(id, 'TWO' as DeviceId)
        await store.outbox.partSent(id, 0, '$p0' as EventId)
        await store.outbox.partSent(id, 1, '$p1' as EventId)
        await store.outbox.partSent(id, 0, '$p0' as EventId)
        store = await fixture.reopen()
        expect((await store.outbox.pending())[0]).toMatchObject({ device: 'ONE', sentParts: 2 })
        await store.outbox.sent(id, 5)
        expect((await store.outbox.pending()).map((pending) => pending.source)).toEqual(['$2'])
      })

      it('gives what is committed to the device that sends now', async () => {
        await store.outbox.commitReply({ settles: [], rows: [row('$1')], jobs: [] })
        store.outbox.sendAs('ONE' as DeviceId)
        await store.outbox.commitReply({ settles: [], rows: [row('$1'), row('$2')], jobs: [] })
        store = await fixture.reopen()
        await store.outbox.commitReply({ settles: [], rows: [row('$3')], jobs: [] })
        expect((await store.outbox.pending()).map(({ source, device }) => [source, device])).toEqual([
          ['$1', undefined],
          ['$2', 'ONE'],
          ['$3', undefined],
        ])
      })

      it('knows its own events and threads for good', async () => {
        const threadRoot = '$root' as EventId
        await store.outbox.commitReply({
          settles: [],
          rows: [row('$1', { threadRoot, draft: { eventId: '$draft' as EventId } }), row('$2')],
          jobs: [],
        })
        const [threaded, plain] = await store.outbox.pending()
        await store.outbox.partSent(threaded?.id ?? 0, 0, '$p0' as EventId)
        await store.outbox.partSent(plain?.id ?? 0, 0, '$main' as EventId)
        await store.outbox.sent(threaded?.id ?? 0, 5)
        store = await fixture.reopen()
        const own = await Promise.all(['$p0', '$draft', '$main', '$1', '$root'].map((id) => store.outbox.isOwn(id as EventId)))
        expect(own).toEqual([true, true, true, false, false])
        const threads = await Promise.all(['$root', '$main', '$1'].map((id) => store.outbox.ownThread(id as EventId)))
        expect(threads).toEqual([true, true, false])
      })

      it('knows by which name it said something by itself', async () => {
        await store.outbox.commitReply({ settles: [], rows: [row('ask:t1'), row('$1', { draft: { eventId: '$d' as EventId } })], jobs: [] })
        const [asked, answer] = await store.outbox.pending()
        await store.outbox.partSent(asked?.id ?? 0, 0, '$p0' as EventId)
        await store.outbox.partSent(asked?.id ?? 0, 1, '$p1' as EventId)
        await store.outbox.partSent(answer?.id ?? 0, 0, '$main' as EventId)
        await store.outbox.sent(asked?.id ?? 0, 5)
        store = await fixture.reopen()
        const sources = await Promise.all(['$p0', '$p1', '$main', '$d', '$1'].map((id) => store.outbox.sourceOf(id as EventId)))
        expect(sources).toEqual(['ask:t1', 'ask:t1', undefined, undefined, undefined])
      })

      it('keeps a job until it is done and counts its failures', async () => {
        const job = (payload: string) => ({ tenant, kind: 'remember', payload }) as const
        await store.outbox.commitReply({ settles: [], rows: [], jobs: [job('1'), job('2')] })
        const [first, second] = await store.outbox.jobs()
        await store.outbox.jobFailed(first?.id ?? 0)
        await store.outbox.jobDone(second?.id ?? 0)
        store = await fixture.reopen()
        expect(await store.outbox.jobs()).toMatchObject([{ payload: '1', attempts: 1 }])
      })
    })

    describe('facts', () => {
      it('reads what was written last', async () => {
        expect(await store.facts.read('device')).toBeUndefined()
        await store.facts.write('device', 'ONE')
        await store.facts.write('device', 'TWO')
        store = await fixture.reopen()
        expect(await store.facts.read('device')).toBe('TWO')
      })

      it('says yes once for each key', async () => {
        expect([await store.facts.once('a'), await store.facts.once('a'), await store.facts.once('b')]).toEqual([true, false, true])
        store = await fixture.reopen()
        expect(await store.facts.once('a')).toBe(false)
      })

      it('keeps one binding for each room', async () => {
        const binding = {
          roomId: family,
          name: 'direct-mia',
          tenant,
          domain: 'family',
          profile: undefined,
          kind: 'chat',
          answers: undefined,
          boundAt: 7,
        } as const
        await store.facts.bind(binding)
        await store.facts.bind({ ...binding, answers: 'never', profile: 'calm' })
        store = await fixture.reopen()
        expect(await store.facts.bindings()).toEqual([{ ...binding, answers: 'never', profile: 'calm' }])
      })
    })
  })
}

function member(userId: string, membership: RoomMember['membership'], since: number): RoomMember {
  return { userId: userId as UserId, membership, since, displayName: undefined }
}
