import { Math } from '@osprofiler/core/toolkit'

/** How long the calls of a driver that read may take, in milliseconds. */
export interface ReadLimits {
  /** The limit for the next records of a trace. */
  readonly batchMs: number
  readonly listMs: number
}

const ANSWER_MS = 30_000
/** Before the first records of a trace come, some stores need a login, a refresh and a search. */
const BATCH_ANSWERS = 4
const LIST_ANSWERS = 10

/**
 * Returns limits for a store whose client waits `answerMs` for one answer. Clients do not limit the time of a store that
 * keeps answering, or of a disk that hangs.
 */
export function toReadLimits(answerMs = ANSWER_MS): ReadLimits {
  const longest = Math.max(ANSWER_MS, answerMs)
  return { batchMs: BATCH_ANSWERS * longest, listMs: LIST_ANSWERS * longest }
}
