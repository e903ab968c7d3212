import { isObject, memberOf } from './attribute-value.js'
import { readMessageStep } from './message-step.js'
import { KIND } from './span-kind-numbers.js'
import type { SpanSource } from './span-source.js'

/** A method of gRPC: `/shop.Orders/Create`. */
const GRPC_METHOD = /^\/[\w.]+\/\w+$/

/** On which side of a call a point stands, as opentelemetry-proto numbers it. A point without `info` is told by its name. */
export function spanKind(source: SpanSource): number {
  const { name } = source
  if (has(source, 'request') || name === 'wsgi') return KIND.server
  if (has(source, 'requests') || name === 'http' || name === 'https') return KIND.client
  if (has(source, 'db') || name === 'db') return KIND.client
  const step = readMessageStep(source)
  if (step?.kind !== undefined) return step.kind
  if (name !== 'rpc') return KIND.internal
  if (!source.hasLocalParent) return KIND.server
  // A method of a class that serves calls is such a point, too, inside of the call's own.
  const called = memberOf(memberOf(source.startInfo, 'function'), 'name')
  return typeof called === 'string' && GRPC_METHOD.test(called) ? KIND.client : KIND.internal
}

/** Whether either record of a point tells of such a thing. */
export function has({ startInfo, stopInfo }: SpanSource, member: string): boolean {
  return isObject(memberOf(startInfo, member)) || isObject(memberOf(stopInfo, member))
}
