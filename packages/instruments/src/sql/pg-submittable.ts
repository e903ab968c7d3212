import { takeContext } from '@osprofiler/core/toolkit'
import type { Step } from '../points/end-step.js'
import { aroundCallbacks, bindCallback } from '../wrapping/keep-context.js'
import { wrapMethod } from '../wrapping/wrap-method.js'

/** What a query of pg is given as, beside a text. */
export interface QueryConfig {
  readonly text?: unknown
  readonly name?: unknown
  readonly values?: unknown
  callback?: unknown
}

/** A query that is given as an object which reads the answer by itself: `Query`, `Cursor`, `QueryStream`. */
export interface Submittable extends QueryConfig {
  readonly submit: unknown
  /** The cursor of a stream. */
  readonly cursor?: QueryConfig
}

/** What pg calls of such an object, in the context of whoever opened the connection. */
const TOLD = [
  'handleRowDescription',
  'handleDataRow',
  'handlePortalSuspended',
  'handleCommandComplete',
  'handleEmptyQuery',
  'handleCopyInResponse',
  'handleCopyData',
  'handleReadyForQuery',
  'handleError',
]

/** What the program calls of a cursor, with a callback. */
const ASKED = ['read', 'close', 'end']

export function isSubmittable(config: QueryConfig | undefined): config is Submittable {
  return typeof (config as Submittable | undefined)?.submit === 'function'
}

/**
 * Has the events and callbacks of a query, a cursor or a stream run in the context of whoever asked for them. Ends the
 * step when pg says that there is no more of the answer.
 */
export function keepSubmittable(query: Submittable, step: Step | undefined): void {
  if (typeof query.callback === 'function') query.callback = bindCallback(query.callback)
  const before: Readonly<Record<string, (first: unknown) => void>> = {
    handleReadyForQuery: () => step?.stop(),
    handleError: error => step?.fail(error),
  }
  const inContext = takeContext()
  for (const name of TOLD) {
    wrapMethod(query, name, (proceed, _self, args) => {
      before[name]?.(args[0])
      return inContext(() => proceed(args))
    })
  }
  for (const name of ASKED) wrapMethod(query.cursor ?? query, name, aroundCallbacks)
}
