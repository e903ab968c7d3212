import { Map, Math, Number, process, Set } from '../../platform/platform.js'
import type { PoolEvent } from '../recording/recording.js'
import { findFirstBy, TINY_MS } from './sorted.js'

/** A task of libuv's thread pool. Times are in milliseconds of `performance.now()`. */
export interface PoolWork {
  readonly name: string
  readonly queuedAt: number
  readonly takenAt: number
  readonly doneAt: number
  /** The time at which the main thread got the result. */
  readonly calledAt: number
}

/** The tasks of libuv's thread pool during a recording. */
export interface ThreadPool {
  /** Returns the task whose result the main thread got at this time. */
  findCalled(at: number): PoolWork | undefined
  /** Describes the tasks that kept the threads busy at this time, such as `4 x crypto`, without the task `except`. */
  describeWork(at: number, except?: PoolWork): string | undefined
  /** If all threads were busy at this time, returns the time at which the first thread became free. */
  fullUntil(at: number): number | undefined
}

const DEFAULT_THREADS = 4
/**
 * The callback on the main thread and the trace event that reports the result of the task are less than this many
 * milliseconds apart.
 */
const SAME_CALL_MS = 1

/**
 * Reads the events of the thread pool. A task is queued (`b`), begins on a thread (`B`) and ends there (`E`). Then its
 * result is passed to the main thread (`e`). The pool takes the tasks in the order in which they were queued.
 */
export function readThreadPool(events: readonly PoolEvent[], monotonicOffset: number): ThreadPool {
  const threads = Number(process.env.UV_THREADPOOL_SIZE) || DEFAULT_THREADS
  const works = pairEvents(events, monotonicOffset)
  const called = works.toSorted((one, other) => one.calledAt - other.calledAt)
  const byThread = groupByThread(works)

  function listRunning(at: number): readonly PoolWork[] {
    return [...byThread.values()].flatMap(list => {
      const latest = list[findFirstBy(list, at + TINY_MS, ({ takenAt }) => takenAt) - 1]
      return latest !== undefined && latest.doneAt > at ? [latest] : []
    })
  }

  return {
    findCalled(at) {
      const next = findFirstBy(called, at, ({ calledAt }) => calledAt)
      const distanceOf = (work: PoolWork): number => Math.abs(work.calledAt - at)
      return called
        .slice(Math.max(0, next - 1), next + 1)
        .filter(work => distanceOf(work) < SAME_CALL_MS)
        .sort((one, other) => distanceOf(one) - distanceOf(other))[0]
    },
    describeWork(at, except) {
      const names = listRunning(at)
        .filter(work => work !== except)
        .map(({ name }) => name)
      const described = [...new Set(names)].map(name => `${names.filter(each => each === name).length} x ${name}`)
      return described.join(', ') || undefined
    },
    fullUntil(at) {
      const running = listRunning(at)
      return running.length < threads ? undefined : Math.min(...running.map(({ doneAt }) => doneAt))
    },
  }
}

interface PairedWork extends PoolWork {
  readonly thread: number
}

/**
 * Joins the events of each task, in one pass, because a busy process has many events. Returns the tasks in order of
 * `takenAt`.
 */
function pairEvents(events: readonly PoolEvent[], monotonicOffset: number): readonly PairedWork[] {
  const timeOf = ({ ts }: PoolEvent): number => ts / 1_000 - monotonicOffset
  const sorted = events.toSorted(compareEvents)
  const queued = sorted.filter(({ ph }) => ph === 'b')
  const unseen = countUnseen(sorted)
  const works: Mutable<PairedWork>[] = []
  const running = new Map<number, Mutable<PairedWork>>()
  const uncalled = new Map<string, Mutable<PairedWork>>()
  for (const event of sorted) {
    if (event.ph === 'B') {
      const queue = queued[works.length - unseen]
      const work = {
        name: event.name,
        thread: event.tid,
        queuedAt: queue ? timeOf(queue) : Number.NEGATIVE_INFINITY,
        takenAt: timeOf(event),
        doneAt: Number.POSITIVE_INFINITY,
        calledAt: Number.POSITIVE_INFINITY,
      }
      works.push(work)
      running.set(event.tid, work)
      if (queue?.id !== undefined) uncalled.set(queue.id, work)
    } else if (event.ph === 'E') {
      const work = running.get(event.tid)
      if (work !== undefined) work.doneAt = timeOf(event)
      running.delete(event.tid)
    } else if (event.ph === 'e' && event.id !== undefined) {
      const work = uncalled.get(event.id)
      if (work !== undefined) work.calledAt = timeOf(event)
      uncalled.delete(event.id)
    }
  }
  return works
}

/** Compares two events by time. A task may begin in the microsecond in which it was queued. */
function compareEvents(one: PoolEvent, other: PoolEvent): number {
  return one.ts - other.ts || Number(other.ph === 'b') - Number(one.ph === 'b')
}

/**
 * Returns how many tasks were queued before the recording began, as far as the events show. The threads run these tasks
 * first. The tasks have no event `b`, so at times, more tasks have begun than were queued.
 */
function countUnseen(sorted: readonly PoolEvent[]): number {
  let unseen = 0
  let surplus = 0
  for (const { ph } of sorted) {
    if (ph === 'b') surplus--
    else if (ph === 'B') surplus++
    unseen = Math.max(unseen, surplus)
  }
  return unseen
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function groupByThread(works: readonly PairedWork[]): ReadonlyMap<number, readonly PairedWork[]> {
  const groups = new Map<number, PairedWork[]>()
  for (const work of works) {
    const group = groups.get(work.thread)
    if (group === undefined) groups.set(work.thread, [work])
    else group.push(work)
  }
  return groups
}
