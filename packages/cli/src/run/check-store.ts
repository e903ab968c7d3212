import { createTraceId, OsprofilerError } from '@osprofiler/core'
import { waitAtMost } from '@osprofiler/core/toolkit'
import { messageOf } from '../output/create-failure.js'
import { showProgress } from '../output/progress.js'
import type { Store } from '../store/open-store.js'
import { readRecords } from '../store/read-trace.js'

const STORE_TIMEOUT_MS = 10_000

/**
 * Checks that a store can be read before a request is sent, because otherwise the trace could not be shown. Tries to
 * read a trace with a new id, which does not exist. Throws if the store does not answer.
 */
export async function checkStore({ driver, shownAs }: Store): Promise<void> {
  showProgress('Asking the store')
  if (driver.name === 'memory')
    throw createNotSentError(
      'Only the process that writes to a memory:// store can read it. Name the store of the services.',
    )
  try {
    const records = await waitAtMost(readRecords(driver, createTraceId()), STORE_TIMEOUT_MS)
    if (records === undefined) {
      const seconds = STORE_TIMEOUT_MS / 1_000
      throw new OsprofilerError('ERR_STORE', `The store ${shownAs} does not answer within ${seconds} s.`)
    }
  } catch (cause) {
    throw createNotSentError(messageOf(cause), cause)
  }
}

function createNotSentError(reason: string, cause?: unknown): OsprofilerError {
  const code = cause instanceof OsprofilerError ? cause.code : 'ERR_NOT_READABLE'
  return new OsprofilerError(code, `${reason} Nothing was sent.`, { cause })
}
