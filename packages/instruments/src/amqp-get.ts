import { bind, get } from '@osprofiler/core'
import { Promise, Reflect } from '@osprofiler/core/toolkit'
import type { Around } from './wrap-method.js'

type Callback = (this: unknown, ...args: unknown[]) => unknown

/** Asking for one message: a step of whoever asks. With it comes no function that could take up the message's trace. */
export const aroundGet: Around = (original, self, args) => {
  const profiler = get()
  if (profiler === undefined) return Reflect.apply(original, self, args)
  const [queue, options, callback] = args
  const point = profiler.startBeside('rpc', { function: { name: `get ${queue}` }, amqp: { queue } })

  function answered(this: unknown, error: unknown, ...more: unknown[]): unknown {
    if (error) point.fail(error)
    else point.stop()
    return Reflect.apply(bound, this, [error, ...more])
  }

  const bound = bind((typeof callback === 'function' ? callback : () => undefined) as Callback)
  try {
    const result = Reflect.apply(original, self, [
      queue,
      options,
      ...(typeof callback === 'function' ? [answered] : []),
    ])
    if (!(result instanceof Promise)) return result
    return result.then(
      message => {
        point.stop()
        return message
      },
      error => {
        point.fail(error)
        throw error
      },
    )
  } catch (error) {
    // At once, as on a closed channel.
    point.fail(error)
    throw error
  }
}
