import { takeContext } from '@osprofiler/core/toolkit'
import type { Step } from '../points/end-step.js'
import { describeRows } from '../points/returned-rows.js'
import { aroundCallbacks, bindCallback } from '../wrapping/keep-context.js'
import { wrapMethod } from '../wrapping/wrap-method.js'

/** A query that the program passed to pg as an object, not as a string. */
export interface QueryConfig {
  readonly text?: unknown
  readonly name?: unknown
  readonly values?: unknown
  callback?: unknown
}

/** A query object that reads the response itself: `Query`, `Cursor`, `QueryStream`. */
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

/** Methods that the program calls and that take a callback. */
const METHODS_CALLED_BY_PROGRAM = ['read', 'close', 'end']

/** Returns whether a query has a `submit` method. Such a query handles the response itself. */
export function isSubmittable(config: QueryConfig | undefined): config is Submittable {
  return typeof (config as Submittable | undefined)?.submit === 'function'
}

/**
 * Runs the events and callbacks of a query in its caller's context. Ends the step when pg reports the end of the
 * response.
 */
export function followSubmittable(query: Submittable, step: Step | undefined): void {
  if (typeof query.callback === 'function') query.callback = bindCallback(query.callback)
  const followers = step === undefined ? {} : createFollowers(step)
  const inContext = takeContext()
  for (const name of METHODS_CALLED_BY_PG) {
    wrapMethod(query, name, (proceed, _self, args) => {
      followers[name]?.(args[0])
      return inContext(() => proceed(args))
    })
  }
  for (const name of METHODS_CALLED_BY_PROGRAM) wrapMethod(query.cursor ?? query, name, aroundCallbacks)
}

/**
 * Returns functions that run before pg's methods of the same names. The functions count the rows, and end the step when
 * the response ends.
 */
function createFollowers(step: Step): Readonly<Record<string, (first: unknown) => void>> {
  let rows: number | undefined
  return {
    handleRowDescription: () => {
      rows ??= 0
    },
    handleDataRow: () => {
      rows = (rows ?? 0) + 1
    },
    handleReadyForQuery: () => step.stop(describeRows(rows)),
    handleError: error => step.fail(error),
  }
}
