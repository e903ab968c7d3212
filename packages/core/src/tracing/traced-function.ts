import type { OptionKinds } from '../options/check-options.js'
import { cutText } from '../platform/cut-text.js'
import { JSON, Object, Reflect, TypeError, types, WeakMap, WeakSet } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { createScope, currentProfiler } from '../points/context.js'
import type { Profiler } from '../points/profiler.js'
import { followCallIn } from '../promises/follow-call.js'
import { UNREAD } from '../promises/follow-promise.js'
import type { PointInfo } from '../record/trace-record.js'
import { recordable } from '../recording/recordable.js'
import { isHarmless } from '../secrets/names/harmless-values.js'
import { handlesSecret, isSecretName, REDACTED } from '../secrets/names/secret-names.js'
import { type AnyFunction, type Call, originalOf, sourceOf, standIn } from '../wrapping/stand-in.js'
import { readParameterName } from './parameter-names.js'
import { traceIterator } from './trace-iterator.js'

/** Options of `trace`. */
export interface TraceFunctionOptions {
  readonly info?: PointInfo | undefined
  /** Whether to omit the arguments. Default: false. In any case, arguments with secret names are redacted. */
  readonly hideArgs?: boolean | undefined
  /** Whether to omit the result. Default: true. */
  readonly hideResult?: boolean | undefined
  /** Whether a traced function may be traced again. Default: true. */
  readonly allowMultipleTrace?: boolean | undefined
}

/**
 * The types of `TraceFunctionOptions`. The options are checked, because a misspelled `hideArgs` would record all
 * arguments.
 */
export const TRACE_OPTIONS: OptionKinds<TraceFunctionOptions> = {
  info: 'any',
  hideArgs: 'boolean',
  hideResult: 'boolean',
  allowMultipleTrace: 'boolean',
}

const MAX_TEXT_CHARS = 2_000

const traceCounts = shared('traced-functions', () => new WeakMap<object, number>())

/**
 * Returns a stand-in for `fn` that records each call. `nameOf` receives the `this` of a call and returns the name to
 * record. `find` returns the function to call instead of `fn`.
 */
export function createTracedFunction<F extends AnyFunction>(
  fn: F,
  name: string,
  options: TraceFunctionOptions,
  nameOf: (receiver: unknown) => string,
  find?: (receiver: unknown) => Call,
): F {
  const times = checkTraceable(fn, options)
  const { info, hideArgs = false, hideResult = true } = options
  const iterators = new WeakSet<object>()

  const traced = standIn(fn, (original, self, args) => {
    const profiler = currentProfiler()
    const call = find === undefined ? original : find(self)
    if (profiler === undefined) return Reflect.apply(call, self, args)
    const open = (): Profiler => profiler.fork(name, info, { function: describeCall(fn, nameOf(self), hideArgs, args) })
    // A generator's body begins to run when the first value is requested, so the generator's point starts then.
    if (isGeneratorFunction(call)) {
      const generator = Reflect.apply(call, self, args) as Iterator<unknown>
      traceIterator(generator, open)
      return generator
    }
    const inside = open()
    let isGeneratorTraced = false
    return followCallIn(
      createScope(inside),
      () => {
        const result = Reflect.apply(call, self, args)
        // If a function returns the same generator many times, the generator is traced as part of the first call.
        if (types.isGeneratorObject(result) && !iterators.has(result)) {
          iterators.add(result)
          isGeneratorTraced = traceIterator(
            result,
            () => inside,
            () => inside.end(),
          )
        }
        return result
      },
      {
        done(result, ago) {
          if (isGeneratorTraced) return
          if (hideResult || result === UNREAD) return inside.end(undefined, ago)
          const shown = { function: { result: handlesSecret(nameOf(self)) ? REDACTED : toShownText(result) } }
          inside.end(shown, ago)
        },
        failed: (error, ago) => inside.fail(error, undefined, ago),
      },
      // A function that only wraps an async function does not count as async, because it may run the async function in
      // another context.
      types.isAsyncFunction(call),
    )
  })

  traceCounts.set(fn, times + 1)
  traceCounts.set(traced, times + 1)
  return traced
}

/**
 * Returns how many times a function has been traced. Throws a TypeError if the function cannot be traced, or if it is
 * already traced and `allowMultipleTrace` is false.
 */
export function checkTraceable(fn: unknown, { allowMultipleTrace = true }: TraceFunctionOptions): number {
  if (typeof fn !== 'function') throw new TypeError(`Only a function can be traced, not ${typeof fn}`)
  if (isClass(fn as AnyFunction)) {
    throw new TypeError(`${fn.name || 'This'} is a class: trace its methods with traceClass()`)
  }
  const times = traceCounts.get(fn) ?? 0
  if (times > 0 && !allowMultipleTrace) {
    throw new TypeError(`Function ${fn.name} has been traced ${times} times already, and allowMultipleTrace is false`)
  }
  return times
}

/** Returns whether a function is a class, which cannot be called without `new`. */
export function isClass(fn: AnyFunction): boolean {
  // The source of a method named `class` also begins with `class`, but a method has no `prototype`.
  return /^class/.test(sourceOf(fn)) && Object.getOwnPropertyDescriptor(originalOf(fn), 'prototype')?.writable === false
}

/**
 * Returns whether a function is a generator function, async or not. For a function that is already traced, checks the
 * original function.
 */
export function isGeneratorFunction(call: AnyFunction | Call): boolean {
  return types.isGeneratorFunction(originalOf(call as AnyFunction))
}

function describeCall(fn: AnyFunction, name: string, hideArgs: boolean, args: readonly unknown[]): PointInfo {
  if (hideArgs) return { name }
  // In `setPassword(value)`, only the function's name shows that the value is a secret.
  const hidden = handlesSecret(name)
  const shown = args.map((value, index) => {
    if (hidden) return REDACTED
    const parameter = readParameterName(fn, index)
    return isSecretName(parameter) && !isHarmless(parameter, value) ? REDACTED : value
  })
  return { name, args: toShownText(shown) }
}

function toShownText(value: unknown): string {
  return cutText(JSON.stringify(recordable(value)) ?? 'undefined', MAX_TEXT_CHARS)
}
