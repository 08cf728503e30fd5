import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NewRefusedQuestion, ParentAnswer, ParentQuestions } from '../../src/contracts/incidents.ts'
import type { EventId, MemberId, RoomId, TurnId } from '../../src/contracts/ids.ts'

export interface ParentQuestionsFixture extends AsyncDisposable {
  /** A store without questions. */
  readonly questions: ParentQuestions
}

const HOUR_MS = 3_600_000
const mia = 'mia' as MemberId
const homework = '!homework:home' as RoomId
const first = 't1' as TurnId
const second = 't2' as TurnId

/** What every adapter and double of `ParentQuestions` promises. */
export function parentQuestionLaws(name: string, makeFixture: () => Promise<ParentQuestionsFixture>): void {
  describe(`${name} keeps the laws of ParentQuestions`, () => {
    let fixture: ParentQuestionsFixture
    let questions: ParentQuestions
    beforeEach(async () => {
      fixture = await makeFixture()
      questions = fixture.questions
    })
    afterEach(() => fixture[Symbol.asyncDispose]())

    it('finds the last refused question of a member in a room, as it was kept', async () => {
      await questions.keep(refused({ threadRoot: '$thread' as EventId }))
      const kept = { ...refused({ threadRoot: '$thread' as EventId }), askedAt: undefined, answer: undefined }
      expect(await questions.last(homework, mia, 0)).toEqual(kept)
      expect(await questions.find(first)).toEqual(kept)
      expect(await questions.last('!other:home' as RoomId, mia, 0)).toBeUndefined()
      expect(await questions.last(homework, 'tom' as MemberId, 0)).toBeUndefined()
      expect(await questions.last(homework, mia, 1_001)).toBeUndefined()
      expect(await questions.find(second)).toBeUndefined()
    })

    it('keeps one that nobody asked about: the last, and each turn once', async () => {
      await questions.keep(refused())
      await questions.keep(refused({ text: 'Something else?' }))
      expect(await questions.find(first)).toMatchObject({ text: refused().text })
      await questions.keep(refused({ turn: second, text: 'And this?' }))
      expect(await questions.last(homework, mia, 0)).toMatchObject({ turn: second, text: 'And this?' })
      expect(await questions.find(first)).toBeUndefined()
    })

    it('keeps those that were asked about, and no longer offers them', async () => {
      await questions.keep(refused())
      await questions.asked(first, 2_000)
      await questions.asked(first, 3_000)
      expect(await questions.last(homework, mia, 0)).toBeUndefined()
      await questions.keep(refused({ turn: second }))
      expect(await questions.find(first)).toMatchObject({ askedAt: 2_000 })
    })

    it('forgets what nobody asked about within a day', async () => {
      await questions.keep(refused({ at: HOUR_MS }))
      await questions.keep(refused({ turn: second, member: 'tom' as MemberId, at: 25 * HOUR_MS }))
      expect(await questions.find(first)).toBeDefined()
      await questions.keep(refused({ turn: 't3' as TurnId, member: 'tom' as MemberId, at: 25 * HOUR_MS + 1 }))
      expect(await questions.find(first)).toBeUndefined()
    })

    it('forgets what the child took back, unless it was answered', async () => {
      await questions.keep(refused())
      await questions.asked(first, 2_000)
      await questions.forget('$other' as EventId)
      expect(await questions.find(first)).toBeDefined()
      await questions.forget(refused().eventId)
      expect(await questions.find(first)).toBeUndefined()
      await questions.keep(refused())
      await questions.answer(first, answered('always'))
      await questions.forget(refused().eventId)
      expect(await questions.isAllowed(mia, refused().text)).toBe(true)
    })

    it('lets the first answer stand, and says so again to the event that gave it', async () => {
      await questions.keep(refused())
      await questions.asked(first, 2_000)
      expect(await questions.answer(first, answered('once'))).toBe(true)
      expect(await questions.answer(first, answered('no', '$a2'))).toBe(false)
      expect(await questions.answer(first, answered('once'))).toBe(true)
      expect(await questions.find(first)).toMatchObject({ answer: 'once' })
      expect(await questions.answer(second, answered('once'))).toBe(false)
    })

    it('allows for good only what a guardian allowed for good: the same words of this member', async () => {
      const { text } = refused()
      await questions.keep(refused())
      expect(await questions.isAllowed(mia, text)).toBe(false)
      await questions.answer(first, answered('always'))
      expect(await questions.isAllowed(mia, text)).toBe(true)
      expect(await questions.isAllowed(mia, '  how does a SWORD  cut')).toBe(true)
      expect(await questions.isAllowed(mia, `${text} And a gun?`)).toBe(false)
      expect(await questions.isAllowed('tom' as MemberId, text)).toBe(false)
      await questions.keep(refused({ turn: second, text: 'Other?' }))
      await questions.answer(second, answered('once', '$a2'))
      expect(await questions.isAllowed(mia, 'Other?')).toBe(false)
    })
  })
}

export function refused(changes: Partial<NewRefusedQuestion> = {}): NewRefusedQuestion {
  return {
    turn: first,
    roomId: homework,
    member: mia,
    eventId: '$question' as EventId,
    threadRoot: undefined,
    text: 'How does a sword cut?',
    category: 'weapons',
    at: 1_000,
    ...changes,
  }
}

function answered(answer: ParentAnswer['answer'], event = '$a1'): ParentAnswer {
  return { answer, guardian: 'robin' as MemberId, event: event as EventId, at: 5_000 }
}
