import { get } from '@osprofiler/core'
import { String, types } from '@osprofiler/core/toolkit'
import { endWhenSettled, showFailures } from '../../points/end-step.js'
import type { Around } from '../../wrapping/wrap-method.js'
import { redisFailure, redisInfo } from './redis-statement.js'

/** What is sent for each kind of channel: `CHANNELS`, `PATTERNS`, `SHARDED`. */
const PREFIXES: Readonly<Record<string, string>> = { CHANNELS: '', PATTERNS: 'P', SHARDED: 'S' }

/**
 * Makes it a point `db` to subscribe and to unsubscribe; what is heard later is no request's. Around the queue of a
 * client, which tells whether there is anything to send, for each client has these methods as fields of its own.
 */
export function aroundSubscription(verb: string, values: boolean): Around {
  return (proceed, _self, args) => {
    const result = proceed(args)
    const profiler = get()
    // Nothing, where the server has been asked before.
    if (profiler === undefined || !types.isPromise(result)) return result
    const [type, channels = []] = args
    const command = { name: `${PREFIXES[String(type)] ?? ''}${verb}`, args: [channels].flat() }
    const point = profiler.startBeside('db', redisInfo(command, values))
    const step = showFailures(point, error => redisFailure(error, [command], values))
    return endWhenSettled(step, () => result)
  }
}
