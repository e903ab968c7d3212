import { RootPoint } from '../admission/root-point.js'
import { createTraceGate, GATE_OPTIONS, type TraceGateOptions, type TraceStats } from '../admission/trace-gate.js'
import type { HmacKeys } from '../keys/key-ring.js'
import { checkOptions, type OptionKinds } from '../options/check-options.js'
import type { PointInfo } from '../record/trace-record.js'
import type { SignedPair } from './carrier.js'
import { ServedCall } from './served-call.js'

/** What every adapter of calls and messages understands. `Message` is what its hooks are shown. */
export interface CallOptions<Message = unknown> extends TraceGateOptions<Message> {
  /** The name of the point of a served call. Default `rpc`, which OSProfiler's readers know. */
  readonly name?: string | undefined
}

/** The kinds of these options: an adapter checks them, beside its own. */
export const CALL_OPTIONS: OptionKinds<CallOptions<never>> = { name: 'string', ...GATE_OPTIONS }

/** Decides which calls and messages are traced, and traces them. One for each place where they come in. */
export interface CallTracer<Message = unknown> {
  /**
   * Opens the point of a call, or returns `undefined` where the pair is missing or not believed. Never throws. `info`
   * wants `{ function: { name } }`: OSProfiler's readers ask every `rpc` point for it. `name` is that of the point.
   */
  open(pair: SignedPair | undefined, message: Message, info: PointInfo, name?: string): ServedCall | undefined
  readonly stats: TraceStats
}

/**
 * What every adapter of calls and messages is built on: verifies the signed pair that came with one, within the limits,
 * and opens its point.
 *
 * Keys given here win; without them, those of `configure` or the environment are looked up at each signed call.
 *
 * @throws TypeError for an option of the wrong type, or keys that are given and empty.
 * @example
 * const tracer = createCallTracer()
 * queue.onMessage(message => {
 *   const call = tracer.open(readCarrier(message.headers), message, { function: { name: 'onMessage' } })
 *   return call === undefined ? suppress(() => handle(message)) : call.serve(() => handle(message))
 * })
 */
export function createCallTracer<Message = unknown>(
  hmacKeys?: HmacKeys,
  options: CallOptions<Message> = {},
): CallTracer<Message> {
  checkOptions('The tracer of calls', options, CALL_OPTIONS)
  const usualName = options.name || 'rpc'
  const gate = createTraceGate(hmacKeys, options)
  return {
    open(pair, message, info, name = usualName) {
      gate.lookForKeys()
      if (pair === undefined) return undefined
      const admitted = gate.admit(pair.info, pair.hmac, message)
      if (admitted === undefined) return undefined
      return new ServedCall(new RootPoint(admitted, gate.maxPointsPerTrace, name, info))
    },
    get stats() {
      return gate.stats
    },
  }
}
