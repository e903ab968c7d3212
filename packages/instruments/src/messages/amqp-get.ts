import { get } from '@osprofiler/core'
import { Reflect } from '@osprofiler/core/toolkit'
import { type Callback, endAtCallback, endWhenSettled, failIfThrown } from '../points/end-step.js'
import { bindCallbacks } from '../wrapping/keep-context.js'
import type { Around } from '../wrapping/wrap-method.js'

/** Asking for one message: a step of whoever asks. With it comes no function that could take up the message's trace. */
export const aroundGet: Around = (original, self, args) => {
  const profiler = get()
  if (profiler === undefined) return Reflect.apply(original, self, bindCallbacks(args))
  const [queue, , callback] = args
  const point = profiler.startBeside('rpc', { function: { name: `get ${queue}` }, amqp: { queue } })
  if (typeof callback === 'function') {
    const followed = endAtCallback(point, callback as Callback)
    return failIfThrown(point, () => Reflect.apply(original, self, args.with(2, followed)))
  }
  return endWhenSettled(point, () => Reflect.apply(original, self, args))
}
