import { TypeError } from '../platform/platform.js'
import { decorate, type TraceDecorator } from './trace-decorator.js'
import { createTracedFunction, type TraceFunctionOptions } from './traced-function.js'

/**
 * Makes every call of a function a point, when it is called in a traced context: `trace('point')(fn)`, or as a
 * decorator of a method, `@trace('point')`, in either dialect. Promises and generators are followed to their end.
 *
 * Records `info.function` `{name, args?, result?}` as Python's `profiler.trace` does.
 *
 * @throws TypeError for what is not a function, and with `allowMultipleTrace: false` for one that is traced.
 * @example
 * const charge = trace('payment', { hideArgs: true })(async function charge(card, amount) { ... })
 */
export function trace(name: string, options: TraceFunctionOptions = {}): TraceDecorator {
  if (typeof name !== 'string' || name === '') throw new TypeError('trace() takes the name of the point first')
  return decorate((fn, nameOf) => createTracedFunction(fn, name, options, nameOf))
}
