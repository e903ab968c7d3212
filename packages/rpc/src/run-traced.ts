import { createTraceId, type HmacKeys, KeyRing, type PointInfo, suppress } from '@osprofiler/core'
import { type CallOptions, createCallTracer, readCarrier, type TraceStats } from '@osprofiler/core/rpc'
import { JSON, Map, Object, TypeError } from '@osprofiler/core/toolkit'
import { readOsloContext } from './trace-info.js'

/** The headers of a message, or the context of an oslo.messaging call. Both may contain a trace. */
export type TraceContext = object | null | undefined

/** The name and the info of the point that is recorded for a call or a message. */
export interface Call {
  /** Name of the point. The default is `rpc`, a name that OSProfiler's tools recognize. */
  readonly name?: string | undefined
  /**
   * The name of the called function, for `info.function.name`. Default: the name of the function that serves the call.
   */
  readonly functionName?: string | undefined
  /** Further info for the start record of the point. */
  readonly info?: PointInfo | undefined
}

/** A `runTraced` function for one source of messages. */
export interface RunTraced {
  <T>(context: TraceContext, fn: () => T, call?: Call): T
  /** Counts the messages that contained a trace: the traced messages, and the refused messages for each reason. */
  readonly stats: TraceStats
}

/**
 * Runs `fn`, which serves a call or a message, and returns its result. If the trace in the context was signed with one
 * of the keys, `fn` and all its work become a part of the trace. They are recorded below a point named `rpc`. The point
 * ends when `fn` returns, or when the promise that `fn` returns settles. An error is recorded and rethrown. If the
 * trace is missing or refused, `fn` runs untraced. If no keys are given, the keys of `configure`, `setup` or the
 * environment are used. The limits are the same as the default limits of the HTTP adapters. Use `createRunTraced` to
 * set other limits.
 *
 * @throws TypeError for keys that are given but empty, or if `fn` is not a function
 * @example
 * consumer.run({ eachMessage: ({ message }) => runTraced(message.headers, 'NEW,OLD', () => handle(message)) })
 */
export function runTraced<T>(context: TraceContext, hmacKeys: HmacKeys | undefined, fn: () => T, call?: Call): T {
  return getRunner(hmacKeys)(context, fn, call)
}

/**
 * Creates a `runTraced` function with its own limits, hooks and statistics. Each source of messages should have its own
 * function.
 *
 * @throws TypeError for keys that are given but empty, or for an option of the wrong type
 * @example const serve = createRunTraced('NEW,OLD', { maxTracesPerSecond: 10, onRefused: reason => log(reason) })
 * subscription.onMessage(message => serve(message.headers, () => handle(message)))
 */
export function createRunTraced(hmacKeys?: HmacKeys, options?: CallOptions<TraceContext>): RunTraced {
  const tracer = createCallTracer<TraceContext>(hmacKeys, options)

  function run<T>(context: TraceContext, fn: () => T, { name, functionName, info }: Call = {}): T {
    if (typeof fn !== 'function')
      throw new TypeError(`The code that serves a call must be a function, not ${typeof fn}`)
    const pair = readCarrier(context) ?? readOsloContext(context)
    const pointInfo = pair && { function: { name: functionName ?? (fn.name || 'anonymous') }, ...info }
    const call = tracer.open(pair, context, pointInfo ?? {}, name)
    // `suppress` hides the context of the code that opened the connection, because that context does not belong to the
    // message.
    return call === undefined ? suppress(fn) : call.serve(fn)
  }

  return Object.defineProperty(run, 'stats', { get: () => tracer.stats }) as RunTraced
}

const MAX_RUNNERS = 100
const runners = new Map<string, RunTraced>()
// HMAC keys must not appear in the keys of the Map. Therefore each list of HMAC keys is identified by a signature of
// the list, made with a random key of this process.
const processKeyRing = new KeyRing([createTraceId()])

/** Returns the runner for a list of keys. Calls with the same keys share one runner, and therefore its limits. */
function getRunner(hmacKeys: HmacKeys | undefined): RunTraced {
  const id =
    hmacKeys === undefined
      ? ''
      : processKeyRing.sign(typeof hmacKeys === 'string' ? `=${hmacKeys}` : serializeKeys(hmacKeys))
  const known = runners.get(id)
  if (known !== undefined) return known
  const runner = createRunTraced(hmacKeys)
  if (runners.size >= MAX_RUNNERS) runners.clear()
  runners.set(id, runner)
  return runner
}

function serializeKeys(hmacKeys: readonly string[]): string {
  // For a value that is not a list, `JSON.stringify` may return undefined. `createRunTraced` rejects such a value.
  return JSON.stringify(hmacKeys) ?? ''
}
