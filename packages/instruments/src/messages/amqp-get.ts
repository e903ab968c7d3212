import { get } from '@osprofiler/core'
import { endWhenSettled, proceedToCallback } from '../points/end-step.js'
import { bindCallbacks } from '../wrapping/keep-context.js'
import type { Around } from '../wrapping/wrap-method.js'

/** Records a `get` of one message. The message's trace is not continued, because `get` has no consumer callback. */
export const aroundGet: Around = (proceed, _self, args) => {
  const profiler = get()
  if (profiler === undefined) return proceed(bindCallbacks(args))
  const [queue, , callback] = args
  const point = profiler.startBeside('rpc', { function: { name: `get ${queue}` }, amqp: { queue } })
  if (typeof callback === 'function') return proceedToCallback(point, proceed, args, 2)
  return endWhenSettled(point, () => proceed(args))
}
