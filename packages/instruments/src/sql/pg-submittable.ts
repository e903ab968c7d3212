import { takeContext } from '@osprofiler/core/toolkit'
import type { Step } from '../points/end-step.js'
import { aroundCallbacks, bindCallback } from '../wrapping/keep-context.js'
import { wrapMethod } from '../wrapping/wrap-method.js'

/** A query of pg that is not a string. */
export interface QueryConfig {
  readonly text?: unknown
  readonly name?: unknown
  readonly values?: unknown
  callback?: unknown
}

/** An object that reads the response itself: `Query`, `Cursor`, `QueryStream`. */
export interface Submittable extends QueryConfig {
  readonly submit: unknown
  readonly cursor?: QueryConfig
}

/** Methods that pg calls in the context of the code that opened the connection. */
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

/** Methods that the program calls, with a callback. */
const ASKED = ['read', 'close', 'end']

/** Returns whether a query has the method `submit`. pg leaves the response to such a query. */
export function isSubmittable(config: QueryConfig | undefined): config is Submittable {
  return typeof (config as Submittable | undefined)?.submit === 'function'
}

/** Runs events and callbacks in the context of their caller. Ends the step when pg reports the end of the response. */
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
