import { get, type Point, type Profiler } from '@osprofiler/core'
import { writeCarrier } from '@osprofiler/core/rpc'
import { Boolean, Object, Reflect, String } from '@osprofiler/core/toolkit'
import type { MessageTarget } from '../options/messages-option.js'
import { endWhenReturned, failIfThrown, proceedToCallback } from '../points/end-step.js'
import { isTraced, markTraced } from '../points/mark-traced.js'
import { changeTraceHeaders, isTraceHeader, readTraceValues } from '../propagation/trace-header-change.js'
import { bindCallbacks } from '../wrapping/keep-context.js'
import type { Around } from '../wrapping/wrap-method.js'
import { endWhenConfirmed } from './amqp-confirms.js'

/**
 * Wraps `publish` of plain channels. Ends the point at once, because the broker does not report what happens to the
 * message.
 */
export function aroundPublish(mayCarry: (target: MessageTarget) => boolean): Around {
  return (proceed, _self, args) => {
    const profiler = get()
    const options = args[3]
    // A confirm channel publishes through the method of plain channels, with the same options. Such a call already has
    // a point.
    if (profiler === undefined || (isObject(options) && isTraced(options))) return proceed(args)
    const [point, newArgs] = startPublish(profiler, args, mayCarry)
    return endWhenReturned(point, () => proceed(newArgs))
  }
}

/** Wraps `publish` of confirm channels. Ends the point when the broker has confirmed or refused the message. */
export function aroundPublishConfirmed(mayCarry: (target: MessageTarget) => boolean): Around {
  return (proceed, self, args) => {
    const profiler = get()
    if (profiler === undefined) return proceed(bindCallbacks(args))
    const callback = args[4]
    const [point, newArgs] = startPublish(profiler, args, mayCarry)
    if (typeof callback === 'function') return proceedToCallback(point, proceed, [...newArgs, callback], newArgs.length)
    endWhenConfirmed(self as object, point)
    return failIfThrown(point, () => proceed(newArgs))
  }
}

/** Begins a message's point. Returns the point, and the arguments with the trace in their headers. */
function startPublish(
  profiler: Profiler,
  [exchange, routingKey, content, options]: unknown[],
  mayCarry: (target: MessageTarget) => boolean,
): [Point, unknown[]] {
  const target = { exchange: String(exchange ?? ''), routingKey: String(routingKey ?? '') }
  const point = profiler.startBeside('rpc', {
    function: { name: `publish ${[target.exchange, target.routingKey].filter(Boolean).join('/')}` },
    amqp: { exchange: target.exchange, routing_key: target.routingKey },
  })
  const headers = copyHeaders(options)
  if (mayCarry(target)) writeCarrier(headers, point.getTraceIdHeaders())
  else removeCopiedTrace(headers, point)
  // The prototype provides all other options that the library reads, including inherited ones.
  const tracedOptions: object = Object.create(isObject(options) ? options : null, {
    headers: { value: headers, enumerable: true },
  })
  markTraced(tracedOptions)
  return [point, [exchange, routingKey, content, tracedOptions]]
}

/**
 * Removes this trace from headers that were copied from a message or a request, because the receiver must not have this
 * trace's headers.
 */
function removeCopiedTrace(headers: Record<string, unknown>, point: Point): void {
  try {
    const found = readTraceValues(Object.entries(headers))
    const changed = changeTraceHeaders(point, found, { forbidsAddition: false, signsTrace: false }, undefined)
    if (changed === undefined) return
    for (const name of Object.keys(headers)) if (isTraceHeader(name)) delete headers[name]
    for (const [name, value] of changed.headers) headers[name] = value
  } catch {
    // A value that cannot be converted to a string is not one of our headers.
  }
}

/**
 * Copies the headers, including inherited ones, because the library reads those too. The program's headers stay
 * unchanged.
 */
function copyHeaders(options: unknown): Record<string, unknown> {
  const headers: unknown = isObject(options) ? Reflect.get(options, 'headers') : undefined
  const copy: Record<string, unknown> = Object.create(null)
  if (isObject(headers)) for (const name in headers) copy[name] = Reflect.get(headers, name)
  return copy
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
