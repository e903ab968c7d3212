import { isObject, memberOf } from './attribute-value.js'
import { KIND, readMessageStep } from './message-step.js'
import type { SpanSource } from './span-source.js'

const GRPC_METHOD = /^\/[\w.]+\/\w+$/

/**
 * Returns the `SpanKind` of a point, such as client or server. Without `info`, the point's name determines the kind.
 */
export function spanKind(source: SpanSource): number {
  const { name } = source
  if (hasInfoObject(source, 'request') || name === 'wsgi') return KIND.server
  if (hasInfoObject(source, 'requests') || name === 'http' || name === 'https') return KIND.client
  if (hasInfoObject(source, 'db') || name === 'db') return KIND.client
  const step = readMessageStep(source)
  if (step?.kind !== undefined) return step.kind
  if (name !== 'rpc') return KIND.internal
  if (!source.hasLocalParent) return KIND.server
  // Traced methods of a class that serves calls also make points named `rpc`, inside the point of the served call.
  // Their kind is internal.
  const functionName = memberOf(memberOf(source.startInfo, 'function'), 'name')
  return typeof functionName === 'string' && GRPC_METHOD.test(functionName) ? KIND.client : KIND.internal
}

/** Returns whether the info of the start or stop record has an object under the name `member`. */
export function hasInfoObject({ startInfo, stopInfo }: SpanSource, member: string): boolean {
  return isObject(memberOf(startInfo, member)) || isObject(memberOf(stopInfo, member))
}
