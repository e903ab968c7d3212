import { Reflect, types } from '../platform/platform.js'

// Longer than any chain that is no attack: one of proxies could go on for ever.
const MAX_CHAIN = 100

/** The value of a property, own or inherited, without a call into the program: no getter and no proxy trap is run. */
export function readData(holder: object, key: string | symbol): unknown {
  let object: object | null = holder
  for (let depth = 0; object !== null && depth < MAX_CHAIN; depth++) {
    if (types.isProxy(object)) return undefined
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key)
    if (descriptor !== undefined) return descriptor.value
    object = Reflect.getPrototypeOf(object)
  }
  return undefined
}

/** The name of a function, empty where it is none. A class may have a static member `name` of any kind. */
export function functionName(fn: object): string {
  const name = types.isProxy(fn) ? undefined : Reflect.getOwnPropertyDescriptor(fn, 'name')?.value
  return typeof name === 'string' ? name : ''
}

/** The name of the class of an object, or of the class whose prototype this is. */
export function className(object: object): string {
  const maker = readData(object, 'constructor')
  return typeof maker === 'function' ? functionName(maker) : ''
}
