import { getTraceIdHeaders, type HmacKeys, type TraceHeaders } from '@osprofiler/core'
import { configuredKeyRing, writeCarrier } from '@osprofiler/core/rpc'
import { Object } from '@osprofiler/core/toolkit'
import { removeTraceInfo, writeTraceInfo } from './trace-info.js'

/** How a trace is put into the context of a call. */
export interface InjectOptions {
  /** The point below which the callee's are to be: a handle of `start`, say. Default: the current one. */
  readonly point?: { getTraceIdHeaders(): TraceHeaders } | undefined
  /**
   * Puts `trace_info` beside the signed pair, which Python's services understand: with the HMAC key _in clear_, so that
   * whoever reads the message can sign whatever they like from then on. Default false.
   */
  readonly compatible?: boolean | undefined
  /** Keys that may be sent so; no other ever is. Default: those of `configure`, `setup` or the environment. */
  readonly hmacKeys?: HmacKeys | undefined
  /**
   * Whether a `Map` or a list of headers gets names and values as bytes: a producer of @platformatic/kafka without serializers
   * takes nothing else. Default: as the other headers are, and texts where there are none.
   */
  readonly bytes?: boolean | undefined
}

/**
 * Puts the current trace into the headers or the context of a message, and returns that: what is done with the message
 * elsewhere, within `runTraced`, becomes a child of the current point. An object, a `Map`, anything with `get` and `set`
 * (`Headers`, gRPC's `Metadata`, the headers of NATS), or a list of headers. Without one, a new object.
 *
 * The headers are written into what was given, in the way in which that holds its other headers: names and values are bytes
 * where those are. A list has elements such as `{ name: value }` (node-rdkafka; also where the list is empty), `{ key, value }`
 * or `[name, value]`.
 *
 * Where nothing is traced it is returned as it is. A trace that is in it already, that of a message which is forwarded, is
 * replaced by the current one, a key in clear with it. Never throws.
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
    // The message goes out all the same.
  }
  return context
}
