import { getTraceIdHeaders, type HmacKeys, type TraceHeaders } from '@osprofiler/core'
import { configuredKeyRing, writeCarrier } from '@osprofiler/core/rpc'
import { Object } from '@osprofiler/core/toolkit'
import { removeTraceInfo, writeTraceInfo } from './trace-info.js'

/** Options for adding a trace to the context of a call or to the headers of a message. */
export interface InjectOptions {
  /**
   * The point that becomes the parent of the callee's points, such as a handle from `start`. Default: the current
   * point.
   */
  readonly point?: { getTraceIdHeaders(): TraceHeaders } | undefined
  /**
   * Whether to add `trace_info` for Python, with the HMAC key _in plain text_: everyone who can read the message can
   * then sign traces. Default false.
   */
  readonly compatible?: boolean | undefined
  /** The only keys that may be sent in plain text. Default: the keys of `configure`, `setup` or the environment. */
  readonly hmacKeys?: HmacKeys | undefined
  /**
   * Whether names and values are added to a `Map` or a list as bytes. An @platformatic/kafka producer without
   * serializers accepts only bytes. Default: the type of the existing headers, or strings if there are no headers.
   */
  readonly bytes?: boolean | undefined
}

/**
 * Adds the current trace to the headers or the context of a message, and returns the headers or the context. If another
 * service processes the message within `runTraced`, the work of that service becomes a child of the current point. If
 * no trace is active, the context does not change. If a forwarded message already contains a trace, that trace is
 * replaced, and its key in plain text is removed. Never throws.
 *
 * The context is an object, a `Map`, any object with `get` and `set` (`Headers`, gRPC's `Metadata`, NATS headers), or a
 * list of headers. If no context is given, a new object is returned. The items of a list are `{ name: value }` (for
 * node-rdkafka, and in an empty list), `{ key, value }` or `[name, value]`. If the names and values of other headers
 * are bytes, the new names and values are bytes, too.
 *
 * @example producer.send({ topic: 'orders', messages: [{ value, headers: injectTrace({}) }] })
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
    // The message must be sent even if the trace cannot be added.
  }
  return context
}
