import { createTraceId, type HmacKeys, KeyRing, type PointInfo, suppress } from '@osprofiler/core'
import { type CallOptions, createCallTracer, readCarrier, type TraceStats } from '@osprofiler/core/rpc'
import { JSON, Map, Object, TypeError } from '@osprofiler/core/toolkit'
import { readOsloContext } from './trace-info.js'

/** What a message carries its trace in: its headers, or the context of an oslo.messaging call; or neither. */
export type TraceContext = object | null | undefined

/** What is told about a call. */
export interface Call {
  /** The name of its point. Default `rpc`, which OSProfiler's readers know. */
  readonly name?: string | undefined
  /** What is called, for `info.function.name`. Default: the name of the function that serves the call. */
  readonly functionName?: string | undefined
  /** Recorded with its start. */
  readonly info?: PointInfo | undefined
}

/** `runTraced` for one place where messages come in. */
export interface RunTraced {
  <T>(context: TraceContext, fn: () => T, call?: Call): T
  /** What became of the messages that carried a trace. */
  readonly stats: TraceStats
}

/**
 * Runs `fn`, which serves a call or a message, and returns what it returns. If the context carries a trace that one of the
 * keys has signed, `fn` and all that it starts are part of it, in a point named `rpc` that ends when `fn` is done (its promise
 * settled, where it returns one); what it throws is recorded and thrown on. Otherwise `fn` runs untraced: a refusal is not an
 * error.
 *
 * The limits of the HTTP adapters hold, with their defaults; `createRunTraced` sets others. `undefined` for the keys means those
 * of `configure`, `setup` or the environment.
 *
 * @throws TypeError for keys that are given and empty, or an `fn` that is no function.
 * @example
 * consumer.run({ eachMessage: ({ message }) => runTraced(message.headers, 'NEW,OLD', () => handle(message)) })
 */
export function runTraced<T>(context: TraceContext, hmacKeys: HmacKeys | undefined, fn: () => T, call?: Call): T {
  return runnerFor(hmacKeys)(context, fn, call)
}

/**
 * `runTraced` with limits, hooks and counts of its own: make one for each place where messages come in.
 *
 * @throws TypeError for keys that are given and empty, or an option of the wrong type.
 * @example
 * const serve = createRunTraced('NEW,OLD', { maxTracesPerSecond: 10, onRefused: reason => log(reason) })
 * subscription.onMessage(message => serve(message.headers, () => handle(message)))
 */
export function createRunTraced(hmacKeys?: HmacKeys, options?: CallOptions<TraceContext>): RunTraced {
  const tracer = createCallTracer<TraceContext>(hmacKeys, options)

  function run<T>(context: TraceContext, fn: () => T, { name, functionName, info }: Call = {}): T {
    if (typeof fn !== 'function') throw new TypeError(`What serves a call is a function, not ${typeof fn}`)
    const pair = readCarrier(context) ?? readOsloContext(context)
    const served = pair && { function: { name: functionName ?? (fn.name || 'anonymous') }, ...info }
    const opened = tracer.open(pair, context, served ?? {}, name)
    // Suppressed: the context of whoever opened the connection that messages come in on is not theirs.
    return opened === undefined ? suppress(fn) : opened.serve(fn)
  }

  return Object.defineProperty(run, 'stats', { get: () => tracer.stats }) as RunTraced
}

const MAX_RUNNERS = 100
const runners = new Map<string, RunTraced>()
// Keys are the names of nothing: a list of keys is known by its signature under a key that is drawn for this process.
const drawn = new KeyRing([createTraceId()])

/** One for each list of keys: it is their limits that `runTraced` shares. */
function runnerFor(hmacKeys: HmacKeys | undefined): RunTraced {
  const id = hmacKeys === undefined ? '' : drawn.sign(typeof hmacKeys === 'string' ? `=${hmacKeys}` : list(hmacKeys))
  const known = runners.get(id)
  if (known !== undefined) return known
  const runner = createRunTraced(hmacKeys)
  if (runners.size >= MAX_RUNNERS) runners.clear()
  runners.set(id, runner)
  return runner
}

function list(hmacKeys: readonly string[]): string {
  // What is no list has no JSON, perhaps, and is refused where its runner is made.
  return JSON.stringify(hmacKeys) ?? ''
}
