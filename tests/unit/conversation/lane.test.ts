import { expect, test } from 'vitest'
import type { RoomId } from '../../../src/contracts/ids.ts'
import { createLanes } from '../../../src/conversation/lane.ts'
import { settled } from '../../fakes/manual-clock.ts'

const room = (name: string): RoomId => `!${name}:home` as RoomId

interface Tasks {
  readonly started: string[]
  readonly task: (name: string) => () => Promise<void>
  readonly end: (name: string) => void
}

/** Tasks that end when the test says so. */
function createTasks(): Tasks {
  const started: string[] = []
  const ends = new Map<string, () => void>()
  return {
    started,
    task: (name) => () => {
      started.push(name)
      return new Promise((resolve) => ends.set(name, resolve))
    },
    end: (name) => ends.get(name)?.(),
  }
}

test('a room runs its turns in order, rooms run beside each other', async () => {
  const lanes = createLanes(10)
  const { started, task, end } = createTasks()
  lanes.enter(room('a'), task('a1'))
  lanes.enter(room('a'), task('a2'))
  lanes.enter(room('b'), task('b1'))
  await settled()
  expect(started).toEqual(['a1', 'b1'])
  end('a1')
  await settled()
  expect(started).toEqual(['a1', 'b1', 'a2'])
  end('a2')
  end('b1')
  await lanes.idle()
})

test('no more turns run at once than there are seats, and waiting rooms follow in their order', async () => {
  const lanes = createLanes(2)
  const { started, task, end } = createTasks()
  for (const name of ['a', 'b', 'c', 'd']) lanes.enter(room(name), task(name))
  await settled()
  expect(started).toEqual(['a', 'b'])
  end('b')
  await settled()
  expect(started).toEqual(['a', 'b', 'c'])
  end('a')
  end('c')
  await settled()
  expect(started).toEqual(['a', 'b', 'c', 'd'])
  end('d')
  await lanes.idle()
})
