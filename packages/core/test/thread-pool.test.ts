import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type PoolWork, readThreadPool, type ThreadPool } from '../src/why/account/thread-pool.js'
import type { PoolEvent } from '../src/why/recording/recording.js'

/** The monotonic clock minus `performance.now()`, in milliseconds. */
const OFFSET = 5_000

beforeEach(() => void vi.stubEnv('UV_THREADPOOL_SIZE', undefined))
afterEach(() => void vi.unstubAllEnvs())

interface Task {
  readonly name: string
  readonly id: string
  readonly thread: number
  /** When the task was queued (`b`), began (`B`), ended (`E`) and passed its result on (`e`), or 0 without an event. */
  readonly at: readonly [queued: number, taken: number, done: number, called: number]
}

/** Returns the events of tasks, the last task first, because the reader must not rely on any order. */
function listEvents(tasks: readonly Task[]): PoolEvent[] {
  return tasks.toReversed().flatMap(({ name, id, thread, at }) =>
    ['b', 'B', 'E', 'e'].flatMap((ph, position) => {
      const ms = at[position] ?? 0
      const isOnThread = ph === 'B' || ph === 'E'
      const event = { ph, name, ts: (ms + OFFSET) * 1_000, tid: isOnThread ? thread : 0 }
      return ms === 0 ? [] : [isOnThread ? event : { ...event, id }]
    }),
  )
}

const read = (...tasks: readonly Task[]): ThreadPool => readThreadPool(listEvents(tasks), OFFSET)
const task = (name: string, thread: number, ...at: Task['at']): Task => ({ name, id: `${name}-${at}`, thread, at })
const called = (pool: ThreadPool, at: number): Partial<PoolWork> | undefined => pool.findCalled(at)

describe('a thread pool without events', () => {
  it('has no tasks and is never full', () => {
    const pool = read()

    expect([pool.findCalled(1), pool.describeWork(1), pool.fullUntil(1)]).toEqual([undefined, undefined, undefined])
  })
})

describe('a task of the thread pool', () => {
  it('has the times of its four events, which may be in any order', () => {
    const pool = read(task('crypto', 1, 10, 12, 30, 31), task('zlib', 2, 11, 13, 20, 22))

    expect(called(pool, 31)).toMatchObject({ name: 'crypto', queuedAt: 10, takenAt: 12, doneAt: 30, calledAt: 31 })
    expect(called(pool, 22)).toMatchObject({ name: 'zlib', queuedAt: 11, takenAt: 13, doneAt: 20, calledAt: 22 })
  })

  it('is found by a callback less than 1 ms before or after its result, and the nearest task is found', () => {
    const pool = read(task('first', 1, 10, 11, 29, 30), task('second', 2, 12, 13, 29.5, 30.8))

    const names = [28.9, 29.1, 30.3, 30.5, 31.7, 31.9].map(at => called(pool, at)?.name)

    expect(names).toEqual([undefined, 'first', 'first', 'second', 'second', undefined])
  })

  it('has no time of an event that is missing at the end of the recording', () => {
    const pool = read(task('crypto', 1, 10, 12, 0, 0))

    expect(pool.describeWork(1_000_000)).toBe('1 x crypto')
    expect(pool.findCalled(1_000_000)).toBeUndefined()
  })

  it('has no time of queueing if it was queued before the recording', () => {
    const pool = read(task('old', 1, 0, 12, 20, 21), task('new', 1, 11, 20.5, 30, 31))

    expect(pool.findCalled(21)).toBeUndefined()
    expect(called(pool, 31)).toMatchObject({ name: 'new', queuedAt: 11, takenAt: 20.5 })
    expect(pool.describeWork(15)).toBe('1 x old')
  })

  it('keeps its own times if tasks are queued both before the recording and until its end', () => {
    const pool = read(task('old', 1, 0, 10, 20, 21), task('new', 1, 11, 20.5, 30, 31), task('late', 1, 29, 0, 0, 0))

    expect(called(pool, 31)).toMatchObject({ name: 'new', queuedAt: 11, takenAt: 20.5, doneAt: 30 })
    expect(pool.findCalled(21)).toBeUndefined()
  })

  it('may begin in the microsecond in which it is queued', () => {
    const pool = read(task('quick', 1, 10, 10, 11, 11.5))

    expect(called(pool, 11.5)).toMatchObject({ queuedAt: 10, takenAt: 10, doneAt: 11 })
  })

  it('is ignored if only its end was recorded', () => {
    const pool = read(task('old', 1, 0, 0, 20, 21))

    expect([pool.findCalled(21), pool.describeWork(19)]).toEqual([undefined, undefined])
  })
})

describe('the work of the threads', () => {
  const pool = read(
    task('crypto', 1, 10, 11, 30, 31),
    task('zlib', 2, 10.1, 11, 25, 26),
    task('crypto', 3, 10.2, 11, 28, 29),
    task('crypto', 1, 10.3, 30.5, 40, 41),
  )

  it.each([
    [10.9, undefined],
    [11, '2 x crypto, 1 x zlib'],
    [24.9, '2 x crypto, 1 x zlib'],
    [25, '2 x crypto'],
    [30.2, undefined],
    [35, '1 x crypto'],
    [40, undefined],
  ])('is described at %d ms as %j', (at, text) => {
    expect(pool.describeWork(at)).toBe(text)
  })

  it('is described without the task of the request itself', () => {
    const own = pool.findCalled(26)

    expect(own?.name).toBe('zlib')
    expect(pool.describeWork(20, own)).toBe('2 x crypto')
  })
})

describe('a pool with four threads, the default', () => {
  const fill = (count: number): ThreadPool =>
    read(...Array.from({ length: count }, (_, at) => task('fs', at + 1, 10 + at / 10, 11, 20 + at, 30)))

  it('is full until the first of four tasks ends', () => {
    const pool = fill(4)

    expect([10.5, 15, 19.9, 20].map(pool.fullUntil)).toEqual([undefined, 20, 20, undefined])
  })

  it('is not full with three tasks', () => {
    expect(fill(3).fullUntil(15)).toBeUndefined()
  })

  it.each(['0', '', 'many'])('ignores the invalid UV_THREADPOOL_SIZE %j', size => {
    vi.stubEnv('UV_THREADPOOL_SIZE', size)

    expect([fill(3).fullUntil(15), fill(4).fullUntil(15)]).toEqual([undefined, 20])
  })

  it('has as many threads as UV_THREADPOOL_SIZE says', () => {
    vi.stubEnv('UV_THREADPOOL_SIZE', '2')

    expect([fill(1).fullUntil(15), fill(2).fullUntil(15)]).toEqual([undefined, 20])
  })
})
