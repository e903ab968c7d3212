import { createTraceId, setNotifier, signedPack } from '@osprofiler/core'
import { awaitOften } from './repeat.js'

const KEY = 'SECRET_KEY'
const RECORDS_PER_REQUEST = 2

/** Headers of a request from a client that does not trace. */
export const UNSIGNED = { host: 'shop', accept: 'application/json', 'user-agent': 'a-user-agent/1.0' }

/**
 * Keys and options of an adapter. The limit is raised, because a fast workload would exceed the default number of
 * traces per second.
 */
export const HMAC_KEYS = KEY
export const LIMITS = { maxTracesPerSecond: 1e9 }

/**
 * Sends signed requests through an app with an adapter, and requests through an app without one (`bare`). Unsigned
 * requests are not measured, because an adapter adds less to them than the amount by which the framework's own work
 * varies.
 *
 * @param injectBare sends a request through the app without an adapter, and `injectTraced` through the app with it
 */
export function createRequests(count, injectBare, injectTraced) {
  let records = 0
  setNotifier(() => {
    records++
  })
  const unsigned = Array.from({ length: count }, () => ({ ...UNSIGNED }))
  const signed = unsigned.map(headers => {
    const [info, hmac] = signedPack({ base_id: createTraceId(), parent_id: createTraceId() }, KEY)
    return { ...headers, 'x-trace-info': info, 'x-trace-hmac': hmac }
  })

  const often = (inject, list, recordsEach) => async times => {
    records = 0
    await awaitOften(i => inject(list[i]))(times)
    if (records !== times * recordsEach) throw new Error(`${times} requests made ${records} records`)
  }

  return {
    bare: often(injectBare, unsigned, 0),
    traced: often(injectTraced, signed, RECORDS_PER_REQUEST),
  }
}
