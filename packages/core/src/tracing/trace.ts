import { checkOptions } from '../options/check-options.js'
import { TypeError } from '../platform/platform.js'
import { decorate, type TraceDecorator } from './trace-decorator.js'
import { createTracedFunction, TRACE_OPTIONS, type TraceFunctionOptions } from './traced-function.js'

/**
 * Records each call of a function in a traced context as a point. Use it as `trace('point')(fn)`, or as the decorator
 * `@trace('point')` on a method, with standard or TypeScript's experimental decorators. Promises and generators are
 * followed until they end. `info.function` is `{name, args?, result?}`, as in Python's `profiler.trace`.
 *
 * @throws TypeError for an invalid option, or for a value that is not a function. With `allowMultipleTrace: false`,
 * also for a function that is already traced.
 * @example
 * const charge = trace('payment', { hideArgs: true })(async function charge(card, amount) { ... })
 */
export function trace(name: string, options: TraceFunctionOptions = {}): TraceDecorator {
  if (typeof name !== 'string' || name === '')
    throw new TypeError('The first argument of trace() must be the name of the point')
  checkOptions('trace()', options, TRACE_OPTIONS)
  return decorate((fn, nameOf) => createTracedFunction(fn, name, options, nameOf))
}
