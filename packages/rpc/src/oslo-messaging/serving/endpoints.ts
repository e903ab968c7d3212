import { Array, Number, Object, Reflect, TypeError } from '@osprofiler/core/toolkit'
import { RemoteError } from '../messages/errors.js'
import type { Incoming } from '../messages/message.js'
import { shortenNames } from './shorten-names.js'

/** The description of an endpoint, which is its member `target`. */
export interface EndpointTarget {
  /** The namespace of the endpoint's methods. Default: no namespace. */
  readonly namespace?: string | undefined
  /**
   * Version of the interface. A caller can request a version with the same major number and the same or a lower minor
   * number. Default `1.0`.
   */
  readonly version?: string | undefined
}

/**
 * A method that callers can call. Its parameters are the context of the caller, and an object that contains the
 * arguments by name.
 */
export type EndpointMethod = (context: Readonly<Record<string, unknown>>, args: never) => unknown

type Method = (context: object, args: object) => unknown

const DISPATCHER_MODULE = 'oslo_messaging.rpc.dispatcher'

/** Returns the endpoints as a list. Throws a `TypeError` if the value is neither an object nor a list of objects. */
export function checkEndpoints(endpoints: unknown): readonly object[] {
  const list: readonly unknown[] = Array.isArray(endpoints) ? endpoints : [endpoints]
  const areObjects = list.length > 0 && list.every(one => typeof one === 'object' && one !== null)
  if (!areObjects) throw new TypeError('endpoints must be an object with methods, or a list of such objects')
  return list as readonly object[]
}

/**
 * Finds the method of a call in the first endpoint that has the requested namespace and a compatible version. Throws
 * the `RemoteError` that Python's server would throw.
 */
export function findMethod(endpoints: readonly object[], incoming: Incoming): Method {
  const { method, namespace, version, flaw } = incoming
  if (flaw !== undefined) throw createDispatchError(flaw.type, flaw.message)
  const fitting = endpoints.filter(endpoint => isServedBy(readTarget(endpoint), namespace, version))
  for (const endpoint of fitting) {
    const found = findPublicMethod(endpoint, method)
    if (found !== undefined) return (context, args) => Reflect.apply(found, endpoint, [context, args])
  }
  const shown = shortenNames(incoming)
  if (fitting.length > 0)
    throw createDispatchError('NoSuchMethod', `Endpoint does not support RPC method ${shown.method}`)
  throw createDispatchError(
    'UnsupportedVersion',
    `Endpoint does not support RPC version ${shown.version}. Attempted method: ${shown.method}`,
  )
}

/**
 * Returns whether an implemented version is compatible with the requested version. The major numbers must be equal, and
 * the other numbers must not be lower than requested.
 */
export function isCompatible(implemented: string, requested: string): boolean {
  const [major = Number.NaN, minor = Number.NaN, revision = 0] = implemented.split('.').map(Number)
  const [requestedMajor = Number.NaN, requestedMinor = Number.NaN, requestedRevision = 0] = requested
    .split('.')
    .map(Number)
  if (requestedMajor !== major || !(requestedMinor <= minor)) return false
  return requestedMinor < minor || requestedRevision <= revision
}

function isServedBy(
  { namespace, version = '1.0' }: EndpointTarget,
  requestedNamespace: string | undefined,
  requestedVersion: string,
): boolean {
  return namespace === requestedNamespace && isCompatible(version, requestedVersion)
}

function readTarget(endpoint: object): EndpointTarget {
  const target: unknown = Reflect.get(endpoint, 'target')
  return typeof target === 'object' && target !== null ? target : {}
}

/**
 * Returns a public method of an endpoint or of one of its classes. Callers cannot call methods that all objects have,
 * such as `toString`.
 */
function findPublicMethod(endpoint: object, name: string): Method | undefined {
  if (name.startsWith('_') || name === 'constructor') return undefined
  for (let holder: object | null = endpoint; holder !== null; holder = Reflect.getPrototypeOf(holder)) {
    if (isObjectPrototype(holder)) return undefined
    const descriptor = Reflect.getOwnPropertyDescriptor(holder, name)
    // A member with a getter has no `value`, and is not a method.
    if (descriptor !== undefined) return typeof descriptor.value === 'function' ? descriptor.value : undefined
  }
  return undefined
}

/** Returns whether an object is the `Object.prototype` of this realm or of another realm. */
function isObjectPrototype(holder: object): boolean {
  return Reflect.getPrototypeOf(holder) === null && Object.hasOwn(holder, 'hasOwnProperty')
}

function createDispatchError(type: string, message: string): RemoteError {
  return new RemoteError({ type, module: DISPATCHER_MODULE, message })
}
