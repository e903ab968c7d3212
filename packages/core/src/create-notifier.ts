import { EventEmitter } from 'node:events'
import { suppress } from './context.js'
import type { Driver } from './driver.js'
import { atNaturalEnd } from './natural-end.js'
import { OsprofilerError } from './osprofiler-error.js'
import type { TraceRecord } from './record.js'
import { RecordQueue } from './record-queue.js'

/** How records are queued and delivered. */
export interface NotifierOptions {
  /** Records that wait at most; further ones are dropped. Default 100,000. */
  readonly maxRecords?: number | undefined
  /** What they may take up in memory, roughly, in bytes. Default 64 MiB. */
  readonly maxBytes?: number | undefined
  /** Records in one write. Default 500. */
  readonly batchSize?: number | undefined
  /** How long the first record waits for others, in ms. Default 50. */
  readonly flushAfter?: number | undefined
  /** The pause after a failed write, in ms, doubled each time up to `maxBackoff`. Default 100. */
  readonly minBackoff?: number | undefined
  /** The longest pause, in ms. Default 10,000. */
  readonly maxBackoff?: number | undefined
}

/**
 * What became of the records: `emitted` is the sum of `written`, `dropped`, `unknown` and `queued`, at any time.
 * After `close` nothing is queued.
 */
export interface NotifierStats {
  readonly emitted: number
  readonly written: number
  /** Not kept: the queue was full, the store refused them, or they still waited when the notifier was closed. */
  readonly dropped: number
  /** The connection broke in the middle of their write, or the write had not ended when the notifier was closed. */
  readonly unknown: number
  /** Waiting, or being written. */
  readonly queued: number
  /** Records whose write failed and was tried again, each time counted. */
  readonly retried: number
}

/** Why records were dropped. */
export type DropReason = 'queue-full' | 'refused' | 'closed'

/** A notifier that queues records and delivers them to a driver in the background. */
export interface QueueNotifier {
  (record: TraceRecord): void
  /** Resolves when all that waits now was taken by the store or given up, or after `timeout` ms (default 5,000). */
  flush(timeout?: number): Promise<void>
  /** As `flush`; then drops what is left and takes no more. The driver stays open: it is its owner's to close. */
  close(timeout?: number): Promise<void>
  readonly stats: NotifierStats
  /** `drop`: so many records were dropped. `error`: a write failed. What a listener throws is ignored. */
  on(event: 'drop', listener: (count: number, reason: DropReason) => void): QueueNotifier
  on(event: 'error', listener: (error: unknown) => void): QueueNotifier
}

const FLUSH_TIMEOUT_MS = 5_000

/**
 * A notifier that writes to a driver in the background: in batches, one write in flight, tried again with growing
 * pauses while the store fails. Whoever emits a record never waits and never fails; memory is bounded.
 *
 * Nothing of it keeps a process alive, but a process that comes to its natural end delivers what waits first.
 *
 * @throws TypeError for an option that is not a positive number.
 * @example
 * const notifier = createNotifier(openDriver('sqlite://'))
 * setNotifier(notifier)
 * // in the application's own shutdown:
 * await notifier.close()
 */
export function createNotifier(driver: Driver, options: NotifierOptions = {}): QueueNotifier {
  const { maxRecords, maxBytes, batchSize, flushAfter, minBackoff, maxBackoff } = readOptions(options)
  const queue = new RecordQueue(maxRecords, maxBytes)
  const events = new EventEmitter()
  const counts = { emitted: 0, written: 0, dropped: 0, unknown: 0, retried: 0 }
  const flushes = new Set<{ readonly target: number; readonly resolve: () => void }>()
  /** Records taken in, and those of them whose fate is settled: both in order, so that a flush knows its own. */
  let accepted = 0
  let settled = 0
  let inFlight = 0
  let writing = false
  let delivering = false
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let wake: (() => void) | undefined

  function notifier(record: TraceRecord): void {
    counts.emitted++
    if (closed) return drop(1, 'closed')
    if (!queue.push(record)) return drop(1, 'queue-full')
    accepted++
    if (delivering) return
    if (timer === undefined) deliverIn(flushAfter)
    else if (queue.length === batchSize) deliverIn(0)
  }

  function deliverIn(ms: number): void {
    clearTimeout(timer)
    // Suppressed: a record is emitted in the context of a request, in which the store's own client must not be traced.
    timer = suppress(() => setTimeout(deliver, ms)).unref()
  }

  async function deliver(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (delivering) return
    delivering = true
    while (queue.length > 0 && !closed) await deliverBatch(queue.take(batchSize))
    delivering = false
  }

  async function deliverBatch(batch: readonly TraceRecord[]): Promise<void> {
    inFlight = batch.length
    for (let backoff = minBackoff; !closed; backoff = Math.min(2 * backoff, maxBackoff)) {
      const outcome = await write(batch)
      if (closed) return
      if (outcome !== undefined) return settle(batch.length, outcome)
      counts.retried += batch.length
      await pause(backoff)
    }
  }

  /** What became of a batch, or `undefined` where it is to be tried again. */
  async function write(batch: readonly TraceRecord[]): Promise<Outcome | undefined> {
    writing = true
    try {
      const result = await driver.write(batch)
      return { refused: Math.min(Math.max(result?.refused ?? 0, 0), batch.length), unknown: 0 }
    } catch (error) {
      tell('error', error)
      const code = error instanceof OsprofilerError ? error.code : undefined
      if (code === 'ERR_WRITE_REFUSED') return { refused: batch.length, unknown: 0 }
      if (code === 'ERR_WRITE_UNCERTAIN') return { refused: 0, unknown: batch.length }
      return undefined
    } finally {
      writing = false
    }
  }

  function settle(count: number, { refused, unknown }: Outcome): void {
    inFlight = 0
    settled += count
    counts.unknown += unknown
    counts.written += count - refused - unknown
    if (refused > 0) drop(refused, 'refused')
    for (const flush of flushes) if (settled >= flush.target) flush.resolve()
  }

  function drop(count: number, reason: DropReason): void {
    counts.dropped += count
    tell('drop', count, reason)
  }

  function tell(event: string, ...details: unknown[]): void {
    if (events.listenerCount(event) === 0) return
    try {
      events.emit(event, ...details)
    } catch {
      // A listener's failure is its own: delivery goes on.
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const pausing = setTimeout(resolve, ms).unref()
      wake = () => {
        clearTimeout(pausing)
        resolve()
      }
    })
  }

  async function flush(timeout = FLUSH_TIMEOUT_MS): Promise<void> {
    if (settled >= accepted || closed) return
    const target = accepted
    const done = new Promise<void>(resolve => {
      const entry = { target, resolve: finish }
      // Not unref'd: for as long as this, and no longer, a process is kept alive for its records.
      const deadline = setTimeout(finish, timeout)
      flushes.add(entry)
      function finish(): void {
        clearTimeout(deadline)
        flushes.delete(entry)
        resolve()
      }
    })
    // A flush does not wait for a pause to end: the store may be back.
    wake?.()
    suppress(() => void deliver())
    return done
  }

  async function close(timeout = FLUSH_TIMEOUT_MS): Promise<void> {
    forgetNaturalEnd()
    await flush(timeout)
    if (closed) return
    closed = true
    clearTimeout(timer)
    wake?.()
    const left = queue.take(queue.length).length
    // A batch that waits for another try was not written; of one under way nobody will know.
    if (writing) counts.unknown += inFlight
    const dropped = left + (writing ? 0 : inFlight)
    inFlight = 0
    if (dropped > 0) drop(dropped, 'closed')
    for (const { resolve } of flushes) resolve()
  }

  const forgetNaturalEnd = atNaturalEnd(() => flush())
  const members = {
    flush,
    close,
    on(event: string, listener: (...details: never[]) => void) {
      events.on(event, listener as (...details: unknown[]) => void)
      return queueNotifier
    },
  }
  const queueNotifier = Object.defineProperty(Object.assign(notifier, members), 'stats', {
    get: (): NotifierStats => ({ ...counts, queued: queue.length + inFlight }),
    enumerable: true,
  }) as unknown as QueueNotifier
  return queueNotifier
}

interface Outcome {
  readonly refused: number
  readonly unknown: number
}

function readOptions(options: NotifierOptions): Required<{ [K in keyof NotifierOptions]: number }> {
  return {
    maxRecords: readNumber(options, 'maxRecords', 100_000),
    maxBytes: readNumber(options, 'maxBytes', 64 * 1024 * 1024),
    batchSize: readNumber(options, 'batchSize', 500),
    flushAfter: readNumber(options, 'flushAfter', 50),
    minBackoff: readNumber(options, 'minBackoff', 100),
    maxBackoff: readNumber(options, 'maxBackoff', 10_000),
  }
}

function readNumber(options: NotifierOptions, name: keyof NotifierOptions, fallback: number): number {
  const value = options[name] ?? fallback
  if (typeof value !== 'number' || !(value > 0))
    throw new TypeError(`${name} is a number above 0, not ${String(value)}`)
  return value
}
