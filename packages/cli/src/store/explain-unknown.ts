import { OsprofilerError } from '@osprofiler/core'
import type { Store } from './open-store.js'

/**
 * Says that a store has no record of a trace. The first sentence is that of Python's command, for scripts that look for
 * it. Python then speaks of the key of the command, and a command that reads has none.
 */
export function unknownTrace(baseId: string, { driver, shownAs }: Store): OsprofilerError {
  const hint = driver.listTraces === undefined ? '' : ' `osprofiler trace list` shows the traces that it has.'
  return new OsprofilerError(
    'ERR_TRACE_NOT_FOUND',
    `Trace with UUID ${baseId} not found. The store ${shownAs} has no record of it.${hint}`,
  )
}
