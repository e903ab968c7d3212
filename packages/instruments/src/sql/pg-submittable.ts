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
const METHODS_CALLED_BY_PG = [
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
const METHODS_CALLED_BY_PROGRAM = ['read', 'close', 'end']

/** Returns whether a query has the method `submit`. pg leaves the response to such a query. */
export function isSubmittable(config: QueryConfig | undefined): config is Submittable {
  return typeof (config as Submittable | undefined)?.submit === 'function'
}

/** Runs events and callbacks in the context of their caller. Ends the step when pg reports the end of the response. */
export function followSubmittable(query: Submittable, step: Step | undefined): void {
  if (typeof query.callback === 'function') query.callback = bindCallback(query.callback)
  const stepEnders: Readonly<Record<string, (first: unknown) => void>> = {
    handleReadyForQuery: () => step?.stop(),
    handleError: error => step?.fail(error),
  }
  const inContext = takeContext()
  for (const name of METHODS_CALLED_BY_PG) {
    wrapMethod(query, name, (proceed, _self, args) => {
      stepEnders[name]?.(args[0])
      return inContext(() => proceed(args))
    })
  }
  for (const name of METHODS_CALLED_BY_PROGRAM) wrapMethod(query.cursor ?? query, name, aroundCallbacks)
}
