import { Object, Reflect } from '../platform/platform.js'
import { createScope, type Scope } from '../points/context.js'
import type { Profiler } from '../points/profiler.js'
import { followCallIn } from '../promises/follow-call.js'
import { type Call, standIn } from '../wrapping/stand-in.js'

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>

/**
 * Runs the steps of a generator inside a point. `open` starts the point at the first step. The point stops when the
 * generator ends. `onLeft` is called if the application ends the generator before the first step. The traced methods
 * are defined on the generator itself, because the application may have kept a reference to the generator. Returns
 * false for a frozen generator.
 */
export function traceIterator(iterator: AnyIterator, open: () => Profiler, onLeft?: () => void): boolean {
  if (!Object.isExtensible(iterator)) return false
  // All steps share a scope, because the body of an async generator may start the next step in the context of the
  // previous step.
  let scope: Scope | undefined
  /** Whether the application ended the generator before its first step, so that its body never runs. */
  let isLeft = false

  function runStep(step: Call, self: unknown, args: unknown[], mayStart: boolean): unknown {
    if (scope === undefined && !mayStart && !isLeft) {
      isLeft = true
      onLeft?.()
    }
    if (isLeft || self !== iterator) return Reflect.apply(step, self, args)
    scope ??= createScope(open())
    const { profiler } = scope
    return followCallIn(scope, () => Reflect.apply(step, self, args), {
      done(result, ago) {
        if ((result as IteratorResult<unknown>).done) profiler.end(undefined, ago)
      },
      failed: (error, ago) => profiler.fail(error, undefined, ago),
    })
  }

  for (const name of ['next', 'return', 'throw'] as const) {
    const method = Reflect.get(iterator, name) as Call | undefined
    if (typeof method !== 'function') continue
    const value = standIn(method, (step, self, args) => runStep(step, self, args, name === 'next'))
    Object.defineProperty(iterator, name, { value, writable: true, configurable: true, enumerable: false })
  }
  return true
}
