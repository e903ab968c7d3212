import { Math } from '@osprofiler/core/toolkit'

/** Time limits, in milliseconds, for a driver's calls that read or list traces. */
export interface ReadLimits {
  /** The limit for reading the next batch of a trace's records. */
  readonly batchMs: number
  readonly listMs: number
}

const DEFAULT_ANSWER_MS = 30_000
/**
 * Each limit is this many times as long as the limit for one answer of the server. For example, to read the first batch
 * of a trace, some stores need a login, a refresh and a search.
 */
const ANSWERS_PER_BATCH = 4
const ANSWERS_PER_LIST = 10

/**
 * Returns limits for a store whose client waits at most `answerMs` for one answer. The limits are needed because a
 * client's own timeout does not end a read if the store keeps sending data or if a disk hangs.
 */
export function toReadLimits(answerMs = DEFAULT_ANSWER_MS): ReadLimits {
  const longestAnswerMs = Math.max(DEFAULT_ANSWER_MS, answerMs)
  return { batchMs: ANSWERS_PER_BATCH * longestAnswerMs, listMs: ANSWERS_PER_LIST * longestAnswerMs }
}
