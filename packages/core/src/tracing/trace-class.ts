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
  /**
   * Whether to trace methods whose names begin with `_`. Methods whose names begin with `__`, and `#private` methods,
   * are never traced. Default: false.
   */
  readonly tracePrivate?: boolean | undefined
  /**
   * Whether to trace static methods, which correspond to both static methods and class methods in Python. Default:
   * false.
   */
  readonly traceStaticMethods?: boolean | undefined
  /**
   * Whether to trace methods of subclasses. Tracing of a subclass begins when its first object is constructed. Default:
   * false. If true, the returned class is a proxy, which is also the `constructor` of its objects. Static methods of
   * the proxy cannot access static `#private` members. Code that stored the original class does not recognize the
   * proxy. For example, an inner decorator may use the class as a key of a `Map`.
   */
  readonly traceSubclasses?: boolean | undefined
}

/** A class for `traceClass`, abstract or not. */
export type AnyClass = abstract new (...args: never[]) => object

/**
 * Records each call of a class's methods, including inherited ones, as a point. Use it as `traceClass('rpc')(Manager)`
 * or as the decorator `@traceClass('rpc')`, with standard or TypeScript's experimental decorators. Changes the class
 * and returns it. With the option `traceSubclasses`, returns a proxy instead.
 *
 * @throws TypeError for an invalid option, or for a value that is not a class. With `allowMultipleTrace: false`, also
 * for a class with a method that is already traced. Such a class is not changed.
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
 * Looks up the parent class's method at each call, because a guard or a mock may replace the method later. A
 * replacement for a generator function is used only if it is a generator function as well. A library such as MobX may
 * have wrapped the original, and thus expects a generator.
 */
function findInherited(holder: object, key: string, known: AnyFunction): (self: unknown) => Call {
  return self => {
    const current: unknown = Reflect.get(Reflect.getPrototypeOf(holder) ?? {}, key, self)
    if (typeof current !== 'function') throw new TypeError(`${key} is not a function`)
    const mustKeepGenerator = isGeneratorFunction(known) && !isGeneratorFunction(current as Call)
    return (mustKeepGenerator ? known : current) as Call
  }
}

/** Lists an object's methods, its own methods first. Inherited methods will be defined on the object itself. */
function listMembers(holder: object, inherited: boolean, options: TraceClassOptions): Member[] {
  const members = new Map<string, Member>()
  for (let source: object | null = holder; isUserDefined(source); source = Object.getPrototypeOf(source)) {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(source))) {
      if (members.has(key) || !isTraceable(key, descriptor, options.tracePrivate ?? false)) continue
      const isInherited = source !== holder
      if (isInherited && !Object.isExtensible(holder)) continue
      // Skips inherited methods of Map, Promise or a stream. They are not steps of the application, and Node compares
      // some of them with the original methods.
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
      // With Reflect.construct(), `newTarget` may be an unrelated class, whose prototype chain does not contain
      // `watched`.
      if (newTarget !== watched && isSubclass(newTarget, watched)) {
        for (let subclass = newTarget as AnyClass; subclass !== watched && !tracedClasses.has(subclass); ) {
          tracedClasses.add(subclass)
          traceMembers(subclass, name, options, false)
          subclass = Object.getPrototypeOf(subclass)
        }
      }
      // In the body of a decorated class, both `new.target` and the class name refer to the proxy.
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
