import { RootPoint } from '../admission/root-point.js'
import { createTraceGate, GATE_OPTIONS, type TraceGateOptions, type TraceStats } from '../admission/trace-gate.js'
import type { HmacKeys } from '../keys/key-ring.js'
import { checkOptions, type OptionKinds } from '../options/check-options.js'
import type { PointInfo } from '../record/trace-record.js'
import type { SignedPair } from './carrier.js'
import { ServedCall } from './served-call.js'

/** Options of every adapter for calls and messages. `Message` is the type that the hooks receive. */
export interface CallOptions<Message = unknown> extends TraceGateOptions<Message> {
  /** Name of the point for a served call. Default: `rpc`, which OSProfiler's readers know. */
  readonly name?: string | undefined
}

/** The types of `CallOptions`. An adapter checks these options together with its own options. */
export const CALL_OPTIONS: OptionKinds<CallOptions<never>> = { name: 'string', ...GATE_OPTIONS }

/** Decides which calls and messages are traced, and traces them. Each consumer or server has its own tracer. */
export interface CallTracer<Message = unknown> {
  /**
   * Opens the point of a call. Returns `undefined` if the call is not traced, for example because its pair of signed
   * headers is missing or not trusted. Never throws. `info` needs `{ function: { name } }`, which OSProfiler's readers
   * expect in every `rpc` point. `name` is the point's name.
   */
  open(pair: SignedPair | undefined, message: Message, info: PointInfo, name?: string): ServedCall | undefined
  readonly stats: TraceStats
}

/**
 * Creates the tracer that every adapter for calls and messages is built on. The tracer verifies each signed pair,
 * applies the limits, and opens a point. Without `hmacKeys`, the tracer uses the current keys of `configure` or the
 * environment.
 *
 * @throws TypeError for an option of the wrong type, or if `hmacKeys` is given but empty.
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
  checkOptions('createCallTracer()', options, CALL_OPTIONS)
  const defaultName = options.name || 'rpc'
  const gate = createTraceGate(hmacKeys, options)
  return {
    open(pair, message, info, name = defaultName) {
      gate.warnIfNoKeys()
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
