import { Object, Reflect } from './platform.js'
import { type AnyFunction, type InPlaceOfCall, standIn } from './stand-in.js'

/**
 * Gives one object a method of its own, which runs `call` in place of the former method and stands for that. The method is
 * defined, so that no listing of the object shows what its class alone had before.
 *
 * Returns whether the object could be given the method: it has such a method, and is not frozen.
 */
export function overrideMethod(object: object, name: string, call: InPlaceOfCall): boolean {
  const method: unknown = Reflect.get(object, name)
  if (typeof method !== 'function') return false
  const enumerable = Object.getOwnPropertyDescriptor(object, name)?.enumerable ?? false
  const value = standIn(method as AnyFunction, call)
  return Reflect.defineProperty(object, name, { value, writable: true, enumerable, configurable: true })
}
