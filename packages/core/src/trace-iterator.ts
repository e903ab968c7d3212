import { runWith } from './context.js'
import type { Profiler } from './profiler.js'
import { settle } from './settle.js'

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>
type Step = (value?: unknown) => unknown

/**
 * A generator whose steps run inside a point: from the first step (`open` starts the point then) until it is done,
 * was left with `return`, or failed.
 */
export function traceIterator(iterator: AnyIterator, open: () => Profiler): AnyIterator {
  let inside: Profiler | undefined
  const take =
    (step: Step, starts: boolean): Step =>
    (...value): unknown => {
      if (inside === undefined && !starts) return step.apply(iterator, value)
      inside ??= open()
      const scope = inside
      return settle(
        () => runWith(scope, () => step.apply(iterator, value)),
        result => {
          if ((result as IteratorResult<unknown>).done) scope.end()
        },
        error => scope.fail(error),
      )
    }
  const { next, return: leave, throw: raise } = iterator as { next: Step; return?: Step; throw?: Step }
  return Object.assign(Object.create(Object.getPrototypeOf(iterator)), {
    next: take(next, true),
    ...(leave && { return: take(leave, false) }),
    ...(raise && { throw: take(raise, false) }),
  })
}
