import { Math } from '@osprofiler/core/toolkit'

/** How long the calls of a driver that read may take, in milliseconds. */
export interface ReadLimits {
  /** The limit for the next records of a trace. */
  readonly batchMs: number
  readonly listMs: number
}

const DEFAULT_ANSWER_MS = 30_000
/** Before the first records of a trace come, some stores need a login, a refresh and a search. */
const ANSWERS_PER_BATCH = 4
const ANSWERS_PER_LIST = 10

/**
 * Returns limits for a store whose client waits `answerMs` for one answer. Clients do not limit the time of a store that
 * keeps answering, or of a disk that hangs.
 */
export function toReadLimits(answerMs = DEFAULT_ANSWER_MS): ReadLimits {
  const longestAnswerMs = Math.max(DEFAULT_ANSWER_MS, answerMs)
  return { batchMs: ANSWERS_PER_BATCH * longestAnswerMs, listMs: ANSWERS_PER_LIST * longestAnswerMs }
}
