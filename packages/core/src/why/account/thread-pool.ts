import { Map, Math, Number, process, Set } from '../../platform/platform.js'
import type { PoolEvent } from '../recording/recording.js'

/** A piece of work of libuv's thread pool. Times are in milliseconds of `performance.now()`. */
export interface PoolWork {
  readonly name: string
  readonly queuedAt: number
  readonly takenAt: number
  readonly doneAt: number
  /** When the main thread got the result. */
  readonly calledAt: number
}

/** The work of libuv's thread pool during a recording. */
export interface ThreadPool {
  /** Returns the work whose result the main thread got at this time. */
  findCalled(at: number): PoolWork | undefined
  /** Describes the work that kept the threads busy, such as `4 x crypto`. */
  describeWork(at: number, except?: PoolWork): string | undefined
  /** Returns when the first thread became free, if all threads were busy at this time. */
  fullUntil(at: number): number | undefined
}

const DEFAULT_THREADS = 4
/** The result of work is reported on the main thread within this time of the callback. */
const SAME_CALL_MS = 1

/**
 * Reads the events of the thread pool: work is queued (`b`), begins on a thread (`B`), ends there (`E`), and its result
 * is passed to the main thread (`e`). The pool takes work in the order in which it was queued.
 */
export function readThreadPool(events: readonly PoolEvent[], monotonicOffset: number): ThreadPool {
  const sorted = events.toSorted((one, other) => one.ts - other.ts)
  const timeOf = ({ ts }: PoolEvent): number => ts / 1_000 - monotonicOffset
  const begun = sorted.filter(({ ph }) => ph === 'B')
  const queued = sorted.filter(({ ph }) => ph === 'b')
  const endsByThread = groupEvents(sorted, 'E', ({ tid }) => tid)
  const callsById = groupEvents(sorted, 'e', ({ id }) => id)
  // Work that was queued before the recording began comes first, and has no such event.
  const unseen = Math.max(0, begun.length - queued.length)
  const works = begun.map((begin, at): PoolWork => {
    const queue = queued[at - unseen]
    const end = endsByThread.get(begin.tid)?.find(({ ts }) => ts >= begin.ts)
    const call = queue && callsById.get(queue.id)?.find(({ ts }) => ts >= (end?.ts ?? begin.ts))
    return {
      name: begin.name,
      queuedAt: queue ? timeOf(queue) : Number.NEGATIVE_INFINITY,
      takenAt: timeOf(begin),
      doneAt: end ? timeOf(end) : Number.POSITIVE_INFINITY,
      calledAt: call ? timeOf(call) : Number.POSITIVE_INFINITY,
    }
  })
  const threads = Number(process.env.UV_THREADPOOL_SIZE) || DEFAULT_THREADS
  const listRunning = (at: number): readonly PoolWork[] => works.filter(work => work.takenAt <= at && work.doneAt > at)
  return {
    findCalled(at) {
      const distanceOf = (work: PoolWork): number => Math.abs(work.calledAt - at)
      const near = works.filter(work => distanceOf(work) < SAME_CALL_MS)
      return near.sort((one, other) => distanceOf(one) - distanceOf(other))[0]
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

function groupEvents<K>(
  events: readonly PoolEvent[],
  phase: string,
  keyOf: (event: PoolEvent) => K,
): Map<K, PoolEvent[]> {
  const groups = new Map<K, PoolEvent[]>()
  for (const event of events) {
    if (event.ph !== phase) continue
    const key = keyOf(event)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [event])
    else group.push(event)
  }
  return groups
}
