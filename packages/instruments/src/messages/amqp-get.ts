import { get } from '@osprofiler/core'
import { endWhenSettled, proceedToCallback } from '../points/end-step.js'
import { bindCallbacks } from '../wrapping/keep-context.js'
import type { Around } from '../wrapping/wrap-method.js'

/** Records a request for one message. No callback comes with it that could continue the trace of the message. */
export const aroundGet: Around = (proceed, _self, args) => {
  const profiler = get()
  if (profiler === undefined) return proceed(bindCallbacks(args))
  const [queue, , callback] = args
  const point = profiler.startBeside('rpc', { function: { name: `get ${queue}` }, amqp: { queue } })
  if (typeof callback === 'function') return proceedToCallback(point, proceed, args, 2)
  return endWhenSettled(point, () => proceed(args))
}
