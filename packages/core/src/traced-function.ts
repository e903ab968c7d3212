import { types } from 'node:util'
import { currentProfiler, runWith } from './context.js'
import { keepParameterNames, parameterName } from './parameter-names.js'
import type { Profiler } from './profiler.js'
import type { PointInfo } from './record.js'
import { cutText, recordable, recordableInfo } from './recordable.js'
import { isSecretName, REDACTED } from './secret-names.js'
import { settle } from './settle.js'
import { shared } from './shared-state.js'
import { traceIterator } from './trace-iterator.js'

/** How a traced function is recorded. */
export interface TraceFunctionOptions {
  /** Recorded with each call. */
  readonly info?: PointInfo | undefined
  /** Keeps the arguments out of the record. Default: false. Arguments under secret names are always redacted. */
  readonly hideArgs?: boolean | undefined
  /** Keeps the result out of the record. Default: true. */
  readonly hideResult?: boolean | undefined
  /** Whether a function that is traced already may be traced again. Default: true. */
  readonly allowMultipleTrace?: boolean | undefined
}

/** A function of any shape. */
export type AnyFunction = (this: never, ...args: never[]) => unknown

type Call = (this: unknown, ...args: unknown[]) => unknown

const MAX_TEXT = 2_000

const tracedTimes = shared('traced-functions', () => new WeakMap<object, number>())

/**
 * The function that records each call of `fn` as a point. `nameOf` tells from the `this` of a call what the function
 * is called in the record.
 */
export function createTracedFunction<F extends AnyFunction>(
  fn: F,
  name: string,
  options: TraceFunctionOptions,
  nameOf: (receiver: unknown) => string,
): F {
  const times = checkTraceable(fn, options)
  const call = fn as unknown as Call
  const { info, hideArgs = false, hideResult = true } = options
  const lazy = types.isGeneratorFunction(fn)

  function traced(this: unknown, ...args: unknown[]): unknown {
    const profiler = currentProfiler()
    if (profiler === undefined) return call.apply(this, args)
    const open = (): Profiler =>
      profiler.fork(
        name,
        Object.assign(recordableInfo(info), { function: describeCall(call, nameOf(this), hideArgs, args) }),
      )
    // The body of a generator runs when it is first asked, so that is when its point starts.
    if (lazy) return traceIterator(call.apply(this, args) as Iterator<unknown>, open)
    const inside = open()
    let iterator: unknown
    return settle(
      () => {
        const result = runWith(inside, () => call.apply(this, args))
        if (!types.isGeneratorObject(result)) return result
        iterator = traceIterator(result, () => inside)
        return iterator
      },
      result => {
        if (iterator === undefined) inside.end(hideResult ? undefined : { function: { result: show(result) } })
      },
      error => inside.fail(error),
    )
  }

  Object.defineProperties(traced, Object.getOwnPropertyDescriptors(fn))
  keepParameterNames(traced, fn)
  tracedTimes.set(fn, times + 1)
  tracedTimes.set(traced, times + 1)
  return traced as unknown as F
}

/**
 * How often a function has been traced.
 *
 * @throws TypeError where it may not be traced (again).
 */
export function checkTraceable(fn: unknown, { allowMultipleTrace = true }: TraceFunctionOptions): number {
  if (typeof fn !== 'function') throw new TypeError(`Only a function can be traced, not ${typeof fn}`)
  if (/^class\b/.test(Function.prototype.toString.call(fn))) {
    throw new TypeError(`${fn.name || 'This'} is a class: trace its methods with traceClass()`)
  }
  const times = tracedTimes.get(fn) ?? 0
  if (times > 0 && !allowMultipleTrace) {
    throw new TypeError(`Function ${fn.name} has been traced ${times} times already, and allowMultipleTrace is false`)
  }
  return times
}

function describeCall(fn: Call, name: string, hideArgs: boolean, args: readonly unknown[]): PointInfo {
  if (hideArgs) return { name }
  // What `setPassword(value)` takes is known by the function's name.
  const hidden = isSecretName(name)
  const shown = args.map((value, index) => (hidden || isSecretName(parameterName(fn, index)) ? REDACTED : value))
  return { name, args: show(shown) }
}

function show(value: unknown): string {
  return cutText(JSON.stringify(recordable(value)) ?? 'undefined', MAX_TEXT)
}
