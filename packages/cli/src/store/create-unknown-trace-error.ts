import { OsprofilerError } from '@osprofiler/core'
import type { Store } from './open-store.js'

/**
 * Creates the error for a trace that has no records in the store. The first sentence is the same as in Python, because
 * scripts may search for it. The rest of Python's message is left out, because it is about the command's key, and
 * reading needs no key here.
 */
export function createUnknownTraceError(baseId: string, { driver, shownAs }: Store): OsprofilerError {
  const hint = driver.listTraces === undefined ? '' : ' `osprofiler trace list` shows the traces that it has.'
  return new OsprofilerError(
    'ERR_TRACE_NOT_FOUND',
    `Trace with UUID ${baseId} not found. The store ${shownAs} has no record of it.${hint}`,
  )
}
