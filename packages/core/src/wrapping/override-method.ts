import { Object, Reflect, WeakMap } from '../platform/platform.js'
import { type AnyFunction, type InPlaceOfCall, standIn } from './stand-in.js'

/**
 * Gives one object a method of its own, which runs `call` in place of the former method and stands for that. The method is
 * defined, so that no listing of the object shows what its class alone had before.
 *
 * Returns whether the object could be given the method: it has such a method, and is not frozen.
 */
export function overrideMethod(object: object, name: string, call: InPlaceOfCall): boolean {
  return override(object, name, method => standIn(method, call))
}

/**
 * Makes a function that does as `overrideMethod` for many objects with one method, such as each reply of a framework.
 * They share a stand-in, which tells them apart by the `self` of `call`. A stand-in of its own would cost each object a
 * proxy, and an entry in a `WeakMap` that the collector looks through.
 */
export function createOverride(name: string, call: InPlaceOfCall): (object: object) => boolean {
  const standIns = new WeakMap<AnyFunction, AnyFunction>()
  return object =>
    override(object, name, method => {
      const known = standIns.get(method)
      if (known !== undefined) return known
      const made = standIn(method, call)
      standIns.set(method, made)
      return made
    })
}

function override(object: object, name: string, make: (method: AnyFunction) => AnyFunction): boolean {
  const method: unknown = Reflect.get(object, name)
  if (typeof method !== 'function') return false
  const enumerable = Object.getOwnPropertyDescriptor(object, name)?.enumerable ?? false
  const value = make(method as AnyFunction)
  return Reflect.defineProperty(object, name, { value, writable: true, enumerable, configurable: true })
}
