import { Object, runForAwaiting } from '@osprofiler/core/toolkit'
import type { Around, Arounds } from './wrap-method.js'

/**
 * Wraps the `then` of objects that do their work when they are awaited, such as queries. The stack of the work does not
 * show the code that awaits, so the points get their call sites from here. `around` runs where they do.
 */
export function wrapThen(around: Around = (proceed, _self, args) => proceed(args)): Arounds {
  const aroundThen: Around = (proceed, self, args) => runForAwaiting(args[0], () => around(proceed, self, args))
  return Object.fromEntries([['then', aroundThen]])
}
