import { get } from '@osprofiler/core'
import { Reflect, String, types } from '@osprofiler/core/toolkit'
import { endWhenSettled } from '../../points/end-step.js'
import { type Around, undoAll, wrapMethod } from '../../wrapping/wrap-method.js'
import { redisFailure, redisInfo } from './redis-statement.js'

/** The file that has the class of what a client has to send. */
interface QueueFile {
  readonly default: { readonly prototype: object }
}

/** What is sent for each kind of channel: `CHANNELS`, `PATTERNS`, `SHARDED`. */
const PREFIXES: Readonly<Record<string, string>> = { CHANNELS: '', PATTERNS: 'P', SHARDED: 'S' }

/**
 * Makes it a point `db` to subscribe and to unsubscribe; what is heard later is no request's. By the queue of a
 * client, which tells whether there is anything to send, for each client has these methods as fields of its own.
 */
export function wrapSubscriptions({ default: { prototype } }: QueueFile, values: boolean): () => void {
  const aroundCall =
    (verb: string): Around =>
    (original, self, args) => {
      const result = Reflect.apply(original, self, args)
      const profiler = get()
      // Nothing, where the server has been asked before.
      if (profiler === undefined || !types.isPromise(result)) return result
      const [type, channels = []] = args
      const command = { name: `${PREFIXES[String(type)] ?? ''}${verb}`, args: [channels].flat() }
      const point = profiler.startBeside('db', redisInfo(command, values))
      const step = {
        stop: () => point.stop(),
        fail: (error: unknown) => point.fail(redisFailure(error, [command], values)),
      }
      return endWhenSettled(step, () => result)
    }
  return undoAll([
    wrapMethod(prototype, 'subscribe', aroundCall('SUBSCRIBE')),
    wrapMethod(prototype, 'unsubscribe', aroundCall('UNSUBSCRIBE')),
  ])
}
