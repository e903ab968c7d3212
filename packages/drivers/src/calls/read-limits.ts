import { Math } from '@osprofiler/core/toolkit'

/** Time limits for the calls of a driver that read traces, in milliseconds. */
export interface ReadLimits {
  /** The limit for the next records of a trace. */
  readonly batchMs: number
  readonly listMs: number
}

const DEFAULT_ANSWER_MS = 30_000
/**
 * The first records of a trace may need several answers, because some stores require a login, a refresh and a search.
 */
const ANSWERS_PER_BATCH = 4
const ANSWERS_PER_LIST = 10

/**
 * Returns limits for a store whose client waits `answerMs` for one answer. These limits are needed because clients do
 * not limit a store that keeps sending data, or a disk that hangs.
 */
export function toReadLimits(answerMs = DEFAULT_ANSWER_MS): ReadLimits {
  const longestAnswerMs = Math.max(DEFAULT_ANSWER_MS, answerMs)
  return { batchMs: ANSWERS_PER_BATCH * longestAnswerMs, listMs: ANSWERS_PER_LIST * longestAnswerMs }
}
