import { getTraceIdHeaders, type HmacKeys, type TraceHeaders } from '@osprofiler/core'
import { configuredKeyRing, writeCarrier } from '@osprofiler/core/rpc'
import { Object } from '@osprofiler/core/toolkit'
import { removeTraceInfo, writeTraceInfo } from './trace-info.js'

/** Options for putting a trace into the context of a call. */
export interface InjectOptions {
  /** Parent of the callee's points, such as a handle of `start`. Default: the current point. */
  readonly point?: { getTraceIdHeaders(): TraceHeaders } | undefined
  /** Adds `trace_info` for Python, with the HMAC key _in clear_: any reader can sign from then on. Default false. */
  readonly compatible?: boolean | undefined
  /** Keys that may be sent in clear, and no others. Default: those of `configure`, `setup` or the environment. */
  readonly hmacKeys?: HmacKeys | undefined
  /**
   * Whether a `Map` or a list gets names and values as bytes. A producer of @platformatic/kafka without serializers
   * takes nothing else. Default: as the other headers, or texts if there are none.
   */
  readonly bytes?: boolean | undefined
}

/**
 * Puts the current trace into the headers or the context of a message, and returns them. Work on the message elsewhere,
 * within `runTraced`, becomes a child of the current point. If nothing is traced, nothing changes. The trace of a
 * forwarded message is replaced, together with a key in clear. Never throws.
 *
 * The context is an object, a `Map`, anything with `get` and `set` (`Headers`, gRPC's `Metadata`, the headers of NATS),
 * or a list of headers. Without one, a new object is returned. Elements of a list are `{ name: value }` (node-rdkafka,
 * also in an empty list), `{ key, value }` or `[name, value]`. Names and values become bytes if those of other headers
 * are.
 *
 * @example
 * producer.send({ topic: 'orders', messages: [{ value, headers: injectTrace({}) }] })
 */
export function injectTrace(context?: null): Record<string, string>
export function injectTrace<Context extends object>(context: Context, options?: InjectOptions): Context
export function injectTrace(given?: object | null, options: InjectOptions = {}): object {
  const context = given ?? {}
  const headers = options.point === undefined ? getTraceIdHeaders() : options.point.getTraceIdHeaders()
  if (Object.keys(headers).length === 0) return context
  writeCarrier(context, headers, options.bytes)
  try {
    removeTraceInfo(context)
    const keys = options.compatible ? (options.hmacKeys ?? configuredKeyRing()) : undefined
    if (keys !== undefined) writeTraceInfo(context, headers, keys)
  } catch {
    // The message is sent all the same.
  }
  return context
}
