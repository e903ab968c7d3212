import { checkOptions, type OptionKinds } from '../options/check-options.js'
import { Function, Map, Object, Proxy, Reflect, TypeError, WeakSet } from '../platform/platform.js'
import { className, functionName } from '../recording/class-name.js'
import { type AnyFunction, type Call, isNative, readAsOriginal, registerClassStandIn } from '../wrapping/stand-in.js'
import { isNodeClass } from './node-classes.js'
import { formatMethodName } from './trace-decorator.js'
import {
  checkTraceable,
  createTracedFunction,
  isClass,
  isGeneratorFunction,
  TRACE_OPTIONS,
  type TraceFunctionOptions,
} from './traced-function.js'

/** Options of `traceClass`. */
export interface TraceClassOptions extends TraceFunctionOptions {
  /** Also traces methods whose names begin with `_`, but never `__` or `#private` ones. Default: false. */
  readonly tracePrivate?: boolean | undefined
  /** Also traces static methods, which include the counterparts of Python's class methods. Default: false. */
  readonly traceStaticMethods?: boolean | undefined
  /**
   * Also traces methods of subclasses, from the first construction of each subclass. Default: false. The returned class
   * is then a proxy, and the `constructor` of its objects. Its static methods cannot reach static `#private` members.
   * Code that kept the given class, such as a lower decorator with a `Map` of classes, does not find the proxy.
   */
  readonly traceSubclasses?: boolean | undefined
}

/** Class for `traceClass`, abstract or not. */
export type AnyClass = abstract new (...args: never[]) => object

/**
 * Records each call of a class's methods as a point, inherited ones included: `traceClass('rpc')(Manager)`, or
 * `@traceClass('rpc')` in either dialect. Changes and returns the class. With `traceSubclasses`, returns a proxy.
 *
 * @throws TypeError for a wrong option, and for a value that is not a class. With `allowMultipleTrace: false`, also for
 * a class with a traced method, before any change.
 */
export function traceClass(
  name: string,
  options: TraceClassOptions = {},
): <C extends AnyClass>(value: C, context?: ClassDecoratorContext<C>) => C {
  if (typeof name !== 'string' || name === '')
    throw new TypeError('The first argument of traceClass() must be the name of the points')
  checkOptions('traceClass()', options, CLASS_OPTIONS)
  return value => {
    if (typeof value !== 'function')
      throw new TypeError(`Only a class can be traced by traceClass(), not ${typeof value}`)
    traceMembers(value, name, options, true)
    return options.traceSubclasses ? traceSubclassesOf(value, name, options) : value
  }
}

const CLASS_OPTIONS: OptionKinds<TraceClassOptions> = {
  tracePrivate: 'boolean',
  traceStaticMethods: 'boolean',
  traceSubclasses: 'boolean',
  ...TRACE_OPTIONS,
}

interface Member {
  readonly holder: object
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
    const traced = createTracedFunction(descriptor.value, name, options, () => formatMethodName(owner, key), find)
    Object.defineProperty(holder, key, { ...descriptor, value: traced })
  }
}

/**
 * Looks up a method of the parent class at each call, because a guard or a mock may replace it later. A generator
 * function stays one: a library such as MobX may have wrapped it by its kind at each level.
 */
function findInherited(holder: object, key: string, known: AnyFunction): (self: unknown) => Call {
  return self => {
    const current: unknown = Reflect.get(Reflect.getPrototypeOf(holder) ?? {}, key, self)
    if (typeof current !== 'function') throw new TypeError(`${key} is not a function`)
    const mustKeepGenerator = isGeneratorFunction(known) && !isGeneratorFunction(current as Call)
    return (mustKeepGenerator ? known : current) as Call
  }
}

/** Lists an object's methods, own ones first. Inherited methods will be defined on the object itself. */
function listMembers(holder: object, inherited: boolean, options: TraceClassOptions): Member[] {
  const members = new Map<string, Member>()
  for (let source: object | null = holder; isUserDefined(source); source = Object.getPrototypeOf(source)) {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(source))) {
      if (members.has(key) || !isTraceable(key, descriptor, options.tracePrivate ?? false)) continue
      const isInherited = source !== holder
      if (isInherited && !Object.isExtensible(holder)) continue
      // Methods of Map, Promise or a stream are not the program's steps, and Node compares some with its own.
      if (isInherited && (isNative(descriptor.value) || isNodeClass(source))) continue
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
  return !isClass(descriptor.value)
}

function traceSubclassesOf<C extends AnyClass>(target: C, name: string, options: TraceClassOptions): C {
  const tracedClasses = new WeakSet<object>([target])
  const watched: C = new Proxy(target, {
    construct(_, args, newTarget) {
      // Reflect.construct() may build an unrelated class, whose prototype chain does not contain `watched`.
      if (newTarget !== watched && isSubclass(newTarget, watched)) {
        for (let subclass = newTarget as AnyClass; subclass !== watched && !tracedClasses.has(subclass); ) {
          tracedClasses.add(subclass)
          traceMembers(subclass, name, options, false)
          subclass = Object.getPrototypeOf(subclass)
        }
      }
      // In the body of a decorated class, `new.target` and the name of the class are the proxy.
      return Reflect.construct(target as unknown as new () => object, args, newTarget)
    },
    get(_, key, receiver) {
      return readAsOriginal(target as unknown as AnyFunction, key, receiver)
    },
  })
  registerClassStandIn(watched as unknown as AnyFunction, target as unknown as AnyFunction)
  return watched
}

function isSubclass(newTarget: object, watched: object): boolean {
  return Reflect.apply(Object.prototype.isPrototypeOf, watched, [newTarget])
}
