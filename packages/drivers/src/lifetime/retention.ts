import { OsprofilerError, suppress } from '@osprofiler/core'
import { Date, dateNow, holdProcess, Map, Math, Number } from '@osprofiler/core/toolkit'

const TTL = /^(\d{1,6})(s|m|h|d|w)$/
const UNITS = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])

/**
 * Reads how long a store keeps a trace, of `?ttl=` in its connection string: `90s`, `30m`, `12h`, `7d`, `2w`.
 *
 * @returns milliseconds, or `undefined` where it is not given: then traces are kept.
 * @throws OsprofilerError `ERR_CONNECTION_STRING`
 */
export function readTtl(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, amount, unit] = TTL.exec(text) ?? []
  const milliseconds = Number(amount) * (UNITS.get(unit ?? '') ?? Number.NaN)
  if (milliseconds > 0) return milliseconds
  throw new OsprofilerError('ERR_CONNECTION_STRING', 'ttl says how long traces are kept: 90s, 30m, 12h, 7d or 2w.')
}

/** For so long a pruning keeps the process alive: a program that ends soon has to prune as well. */
const HOLD_MS = 2_000
const MAX_PAUSE_MS = 3_600_000
const MIN_PAUSE_MS = 1_000

/** Prunes a store from time to time, while it is being written. */
export interface Retention {
  /** To be called after each write. Returns at once. */
  afterWrite(): void
  /** Resolves when a pruning that is under way has ended. */
  settled(): Promise<void>
}

/**
 * Keeps a store from growing for ever: once at the first write and then every tenth of `ttl`, though not more often
 * than each second nor less often than each hour, removes what is older than that. Where it fails, the next one may
 * succeed. Several processes may do so at once.
 *
 * @param ttl milliseconds; `undefined` does nothing at all
 */
export function createRetention(ttl: number | undefined, prune: (before: Date) => Promise<unknown>): Retention {
  const pause = Math.min(Math.max((ttl ?? 0) / 10, MIN_PAUSE_MS), MAX_PAUSE_MS)
  let next = 0
  let running: Promise<unknown> | undefined
  return {
    afterWrite() {
      const now = dateNow()
      if (ttl === undefined || running !== undefined || now < next) return
      next = now + pause
      const release = holdProcess(HOLD_MS)
      running = suppress(() => prune(new Date(now - ttl)))
        .catch(() => undefined)
        .finally(() => {
          release()
          running = undefined
        })
    },
    async settled() {
      await running
    },
  }
}
