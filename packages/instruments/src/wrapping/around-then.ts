import { runForAwaiting } from '@osprofiler/core/toolkit'
import type { Around } from './wrap-method.js'

/**
 * Wraps the `then` of an object that does its work when it is awaited, such as a query. The stack of the work does not
 * show the code that awaits, so the points get their call sites from here.
 */
export const aroundThen: Around = (proceed, _self, args) => runForAwaiting(args[0], () => proceed(args))
