import { createTraceId, type HmacKeys, KeyRing, type PointInfo, suppress } from '@osprofiler/core'
import { type CallOptions, createCallTracer, readCarrier, type TraceStats } from '@osprofiler/core/rpc'
import { JSON, Map, Object, TypeError } from '@osprofiler/core/toolkit'
import { readOsloContext } from './trace-info.js'

/** Headers of a message, or context of an oslo.messaging call. Either may carry a trace. */
export type TraceContext = object | null | undefined

/** Name and info for the point of one call or message. */
export interface Call {
  /** Name of the point. Default `rpc`, which OSProfiler's readers know. */
  readonly name?: string | undefined
  /** Called function, for `info.function.name`. Default: the name of the function that serves the call. */
  readonly functionName?: string | undefined
  /** Recorded with the start of the point. */
  readonly info?: PointInfo | undefined
}

/** `runTraced` for one place where messages come in. */
export interface RunTraced {
  <T>(context: TraceContext, fn: () => T, call?: Call): T
  /** Counts of the messages that carried a trace, by outcome. */
  readonly stats: TraceStats
}

/**
 * Runs `fn`, which serves a call or a message, and returns its result. If one of the keys has signed the trace in the
 * context, `fn` and all that it starts are part of the trace. Their point is named `rpc` and ends when `fn` is done
 * (its promise settled, if it returns one). An error is recorded and thrown on. Otherwise `fn` runs untraced: a refusal
 * is not an error. Without keys, those of `configure`, `setup` or the environment count. The limits are the defaults of
 * the HTTP adapters. `createRunTraced` sets others.
 *
 * @throws TypeError for keys that are given but empty, or if `fn` is not a function
 * @example
 * consumer.run({ eachMessage: ({ message }) => runTraced(message.headers, 'NEW,OLD', () => handle(message)) })
 */
export function runTraced<T>(context: TraceContext, hmacKeys: HmacKeys | undefined, fn: () => T, call?: Call): T {
  return getRunner(hmacKeys)(context, fn, call)
}

/**
 * Creates a `runTraced` with its own limits, hooks and counts. Create one for each place where messages come in.
 *
 * @throws TypeError for keys that are given but empty, or for an option of the wrong type
 * @example
 * const serve = createRunTraced('NEW,OLD', { maxTracesPerSecond: 10, onRefused: reason => log(reason) })
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
    // Keeps out the context of the code that opened the connection, which is not the message's.
    return call === undefined ? suppress(fn) : call.serve(fn)
  }

  return Object.defineProperty(run, 'stats', { get: () => tracer.stats }) as RunTraced
}

const MAX_RUNNERS = 100
const runners = new Map<string, RunTraced>()
// Keys must not be names in a map. A list of keys is known by its signature under a random key of this process.
const processKeyRing = new KeyRing([createTraceId()])

/** Returns the runner of a list of keys, because calls with the same keys share their limits. */
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
  // A value that is no list may have no JSON. `createRunTraced` refuses it.
  return JSON.stringify(hmacKeys) ?? ''
}
