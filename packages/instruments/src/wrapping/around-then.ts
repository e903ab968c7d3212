import { Object, runForAwaiting } from '@osprofiler/core/toolkit'
import type { Around, Arounds } from './wrap-method.js'

/**
 * Wraps the `then` method of objects that start their work when they are awaited, such as queries. The stack does not
 * show the code that awaits them. So this wrapper finds that code, as the call site of the points that `around` makes.
 */
export function wrapThen(around: Around = (proceed, _self, args) => proceed(args)): Arounds {
  const aroundThen: Around = (proceed, self, args) => runForAwaiting(args[0], () => around(proceed, self, args))
  return Object.fromEntries([['then', aroundThen]])
}
