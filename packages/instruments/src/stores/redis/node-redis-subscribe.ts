import { get } from '@osprofiler/core'
import { String, types } from '@osprofiler/core/toolkit'
import { endWhenSettled, mapFailures } from '../../points/end-step.js'
import type { Around } from '../../wrapping/wrap-method.js'
import { describeRedisCommand, redactRedisError } from './redis-statement.js'

const VERB_PREFIXES: Readonly<Record<string, string>> = { CHANNELS: '', PATTERNS: 'P', SHARDED: 'S' }

/**
 * Records subscribing and unsubscribing as points named `db`. Later messages belong to no request. Wraps methods of the
 * client's queue, which show whether anything is sent. The client's own methods are fields of each object, so they
 * cannot be wrapped in the class.
 */
export function aroundSubscription(verb: string, showsValues: boolean): Around {
  return (proceed, _self, args) => {
    const result = proceed(args)
    const profiler = get()
    // Nothing is sent, and there is no promise, if the client is already subscribed.
    if (profiler === undefined || !types.isPromise(result)) return result
    const [type, channels = []] = args
    const command = { name: `${VERB_PREFIXES[String(type)] ?? ''}${verb}`, args: [channels].flat() }
    const point = profiler.startBeside('db', describeRedisCommand(command, showsValues))
    const step = mapFailures(point, error => redactRedisError(error, [command], showsValues))
    return endWhenSettled(step, () => result)
  }
}
