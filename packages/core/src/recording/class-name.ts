import { Reflect, types } from '../platform/platform.js'

// In real applications, prototype chains are shorter than this.
const MAX_CHAIN_OBJECTS = 100

/**
 * Returns the value of an own or inherited property. Runs none of the application's code, such as getters or proxy
 * traps.
 */
export function readDataProperty(holder: object, key: string | symbol): unknown {
  let object: object | null = holder
  for (let depth = 0; object !== null && depth < MAX_CHAIN_OBJECTS; depth++) {
    if (types.isProxy(object)) return undefined
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key)
    if (descriptor !== undefined) return descriptor.value
    object = Reflect.getPrototypeOf(object)
  }
  return undefined
}

/** Returns the name of a function, or an empty string if a static member `name` is not a string. */
export function functionName(fn: object): string {
  const name = types.isProxy(fn) ? undefined : Reflect.getOwnPropertyDescriptor(fn, 'name')?.value
  return typeof name === 'string' ? name : ''
}

/**
 * Returns the name of an object's class. If the object is a prototype, returns the name of the class that the prototype
 * belongs to.
 */
export function className(object: object): string {
  const maker = readDataProperty(object, 'constructor')
  return typeof maker === 'function' ? functionName(maker) : ''
}
