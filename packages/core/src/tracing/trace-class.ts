import { Function, Map, Object, Proxy, Reflect, TypeError, WeakSet } from '../platform/platform.js'
import { className, functionName } from '../recording/class-name.js'
import { type AnyFunction, type Call, isNative, readAsOriginal, standForClass } from '../wrapping/stand-in.js'
import { isOfNode } from './node-classes.js'
import { methodName } from './trace-decorator.js'
import {
  checkTraceable,
  createTracedFunction,
  isClass,
  isGeneratorFunction,
  type TraceFunctionOptions,
} from './traced-function.js'

/** How the methods of a class are recorded. */
export interface TraceClassOptions extends TraceFunctionOptions {
  /** Also methods whose names begin with `_`. Never those with `__`, nor `#private` ones. Default: false. */
  readonly tracePrivate?: boolean | undefined
  /** Also static methods, the class methods of Python among them. Default: false. */
  readonly traceStaticMethods?: boolean | undefined
  /**
   * Also the methods of subclasses, from the first time that one is constructed. Default: false.
   *
   * The class that is returned is a proxy of the given one, and the `constructor` of its objects. A static method of
   * the proxy cannot reach a static `#private` member. Code that has kept the given class itself, such as a decorator
   * below this one that keeps classes in a `Map`, does not find the proxy there.
   */
  readonly traceSubclasses?: boolean | undefined
}

/** A class, abstract or not. */
export type AnyClass = abstract new (...args: never[]) => object

/**
 * Makes every call of a class's methods a point, inherited ones included: `traceClass('rpc')(Manager)`, or
 * `@traceClass('rpc')` in either dialect of decorators. Changes the class and returns it (with `traceSubclasses`, a
 * class that stands for it).
 *
 * @throws TypeError for what is not a class; and with `allowMultipleTrace: false`, before anything is changed, where
 * a method is traced already.
 */
export function traceClass(
  name: string,
  options: TraceClassOptions = {},
): <C extends AnyClass>(value: C, context?: ClassDecoratorContext<C>) => C {
  if (typeof name !== 'string' || name === '') throw new TypeError('traceClass() takes the name of the points first')
  return value => {
    if (typeof value !== 'function')
      throw new TypeError(`Only a class can be traced by traceClass(), not ${typeof value}`)
    traceMembers(value, name, options, true)
    return options.traceSubclasses ? watchSubclasses(value, name, options) : value
  }
}

interface Member {
  readonly holder: object
  /** Whether the holder inherits it. */
  readonly inherited: boolean
  readonly key: string
  readonly descriptor: PropertyDescriptor & { readonly value: AnyFunction }
  readonly owner: string
}

function traceMembers(target: AnyClass, name: string, options: TraceClassOptions, inherited: boolean): void {
  const members = listMembers(target.prototype, inherited, options)
  if (options.traceStaticMethods) members.push(...listMembers(target, inherited, options))
  for (const { descriptor } of members) checkTraceable(descriptor.value, options)
  for (const { holder, key, descriptor, owner, inherited } of members) {
    const find = inherited ? findInherited(holder, key, descriptor.value) : undefined
    const traced = createTracedFunction(descriptor.value, name, options, () => methodName(owner, key), find)
    Object.defineProperty(holder, key, { ...descriptor, value: traced })
  }
}

/**
 * Looks a method of the parent class up at each call: the program may replace the method later, by a guard or a mock. A
 * generator function is known for one and stays one: a library may have wrapped it by its kind at each level, as MobX does.
 */
function findInherited(holder: object, key: string, known: AnyFunction): (self: unknown) => Call {
  return self => {
    const current: unknown = Reflect.get(Reflect.getPrototypeOf(holder) ?? {}, key, self)
    if (typeof current !== 'function') throw new TypeError(`${key} is not a function`)
    const kept = isGeneratorFunction(known) && !isGeneratorFunction(current as Call)
    return (kept ? known : current) as Call
  }
}

/** The methods that an object has, its own first; those that it inherits are to be put on itself. */
function listMembers(holder: object, inherited: boolean, options: TraceClassOptions): Member[] {
  const members = new Map<string, Member>()
  for (let source: object | null = holder; isUserDefined(source); source = Object.getPrototypeOf(source)) {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(source))) {
      if (members.has(key) || !isTraceable(key, descriptor, options.tracePrivate ?? false)) continue
      const isInherited = source !== holder
      if (isInherited && !Object.isExtensible(holder)) continue
      // Those of Map, Promise or a stream are not the program's steps, and Node compares some of them with its own.
      if (isInherited && (isNative(descriptor.value) || isOfNode(source))) continue
      const owner = typeof source === 'function' ? functionName(source) : className(source)
      members.set(key, {
        holder,
        inherited: isInherited,
        key,
        descriptor: descriptor as Member['descriptor'],
        owner,
      })
    }
    if (!inherited) break
  }
  return [...members.values()]
}

function isUserDefined(source: object | null): source is object {
  return source !== null && source !== Object.prototype && source !== Function.prototype
}

function isTraceable(key: string, descriptor: PropertyDescriptor, tracePrivate: boolean): boolean {
  if (key === 'constructor' || key.startsWith('__') || (key.startsWith('_') && !tracePrivate)) return false
  if (typeof descriptor.value !== 'function' || !descriptor.configurable) return false
  // A class that is a static member is no method.
  return !isClass(descriptor.value)
}

function watchSubclasses<C extends AnyClass>(target: C, name: string, options: TraceClassOptions): C {
  const seen = new WeakSet<object>([target])
  const watched: C = new Proxy(target, {
    construct(_, args, newTarget) {
      // Not so for a construction by Reflect.construct() for an unrelated class, whose line never comes by here.
      if (newTarget !== watched && isSubclass(newTarget, watched)) {
        for (let subclass = newTarget as AnyClass; subclass !== watched && !seen.has(subclass); ) {
          seen.add(subclass)
          traceMembers(subclass, name, options, false)
          subclass = Object.getPrototypeOf(subclass)
        }
      }
      // `new.target` is the proxy, as is the name of a decorated class in its own body.
      return Reflect.construct(target as unknown as new () => object, args, newTarget)
    },
    get(_, key, receiver) {
      return readAsOriginal(target as unknown as AnyFunction, key, receiver)
    },
  })
  standForClass(watched as unknown as AnyFunction, target as unknown as AnyFunction)
  return watched
}

function isSubclass(newTarget: object, watched: object): boolean {
  return Reflect.apply(Object.prototype.isPrototypeOf, watched, [newTarget])
}
