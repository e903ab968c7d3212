import { Object, Reflect, WeakMap } from '../platform/platform.js'
import { type AnyFunction, type InPlaceOfCall, standIn } from './stand-in.js'

/**
 * Replaces one of an object's methods with a stand-in that runs `call`. The stand-in of an inherited method is not
 * enumerable, so the object's enumerable members stay the same. Returns false if the object has no such method or is
 * frozen.
 */
export function overrideMethod(object: object, name: string, call: InPlaceOfCall): boolean {
  return override(object, name, method => standIn(method, call))
}

/**
 * Creates an `overrideMethod` for many objects with the same method, such as a framework's replies. The objects share
 * one stand-in. This saves a proxy per object, and a `WeakMap` entry that the garbage collector must visit.
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
