import type { Conversation } from './contracts/conversation.ts'
import type { Directory } from './contracts/household.ts'
import type { UserId } from './contracts/ids.ts'
import type { Log, Sentences } from './contracts/platform.ts'
import type { RailRules } from './contracts/rails.ts'
import type { RoomState } from './contracts/room-state.ts'
import type { TenantStores } from './contracts/tenant-stores.ts'
import { type WeekPorts, weeklyViews } from './control-room/week.ts'
import { alertLevel, sayCategory } from './conversation/guardians.ts'
import { memberTier } from './conversation/members.ts'

export interface WeeklyParts {
  readonly directory: Pick<Directory, 'current'>
  readonly tenants: Pick<TenantStores, 'open'>
  readonly rules: Pick<RailRules, 'current'>
  readonly sentences: Sentences
  readonly roomState: RoomState
  readonly ownUserId: UserId
}

/** A view is due for six hours, so that none is missed and none is late. */
const LOOK_MS = 15 * 60_000

/** What the weekly view needs: nothing a guardian would not be told of a single refusal either. */
export function weekPorts({ tenants, rules, sentences, roomState, ownUserId }: WeeklyParts): WeekPorts {
  const now = (): number => Date.now()
  return {
    tenants,
    now,
    categoryOf: (category, locale) => sayCategory(sentences, locale, category),
    toldOf(household, member) {
      const subject = { tier: memberTier(member, now()), tenant: member.tenant, room: undefined, member: member.id }
      const { guardians: policy } = rules.current().policyOf(subject)
      return alertLevel({ roomState, identity: { accounts: [ownUserId] } }, { household, member, policy, now: now() })
    },
  }
}

/** Says each tenant's view in its parents' room on Sunday evening; what was said before is not said twice, whatever was restarted. */
export function sendWeeklyViews(
  {
    week,
    directory,
    sentences,
    log,
  }: { readonly week: WeekPorts; readonly log: Pick<Log, 'error'> } & Pick<WeeklyParts, 'directory' | 'sentences'>,
  conversation: Pick<Conversation, 'tellControl' | 'tellParents'>,
): AsyncDisposable {
  const tellFailure = async (): Promise<void> => {
    try {
      // once a day
      await conversation.tellControl(
        `weekly-view-failed:${new Date(week.now()).toISOString().slice(0, 10)}`,
        'control.weekly-view-failed',
        {},
      )
    } catch (error) {
      log.error('weekly-view-failure-not-told', { error: error instanceof Error ? error.name : 'unknown' })
    }
  }
  const send = async (): Promise<void> => {
    try {
      const views = await weeklyViews(week, directory.current(), sentences)
      for (const { tenant, source, markdown } of views) await conversation.tellParents(tenant, source, markdown)
    } catch (error) {
      log.error('weekly-view-failed', { error: error instanceof Error ? error.name : 'unknown' })
      await tellFailure()
    }
  }
  let sending = send()
  const timer = setInterval(() => {
    sending = sending.then(send)
  }, LOOK_MS)
  timer.unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await sending
    },
  }
}
