import { methodName } from './trace-decorator.js'
import { type AnyFunction, checkTraceable, createTracedFunction, type TraceFunctionOptions } from './traced-function.js'

/** How the methods of a class are recorded. */
export interface TraceClassOptions extends TraceFunctionOptions {
  /** Also methods whose names begin with `_`. Never those with `__`, nor `#private` ones. Default: false. */
  readonly tracePrivate?: boolean | undefined
  /** Also static methods, the class methods of Python among them. Default: false. */
  readonly traceStaticMethods?: boolean | undefined
  /**
   * Also the methods of subclasses, from the first time that one is constructed. Default: false. The class that is
   * returned stands for the given one as a proxy, so a static method of it cannot reach a static `#private` member.
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
  readonly key: string
  readonly descriptor: PropertyDescriptor & { readonly value: AnyFunction }
  readonly owner: string
}

function traceMembers(target: AnyClass, name: string, options: TraceClassOptions, inherited: boolean): void {
  const members = listMembers(target.prototype, inherited, options)
  if (options.traceStaticMethods) members.push(...listMembers(target, inherited, options))
  for (const { descriptor } of members) checkTraceable(descriptor.value, options)
  for (const { holder, key, descriptor, owner } of members) {
    const traced = createTracedFunction(descriptor.value, name, options, () => methodName(owner, key))
    Object.defineProperty(holder, key, { ...descriptor, value: traced })
  }
}

/** The methods that an object has, its own first; those that it inherits are to be put on itself. */
function listMembers(holder: object, inherited: boolean, options: TraceClassOptions): Member[] {
  const members = new Map<string, Member>()
  for (let source: object | null = holder; isUserDefined(source); source = Object.getPrototypeOf(source)) {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(source))) {
      if (members.has(key) || !isTraceable(key, descriptor, options.tracePrivate ?? false)) continue
      // Those of Map, Array or Promise are not the program's steps: its own constructor calls some of them.
      if (source !== holder && isNative(descriptor.value)) continue
      const owner = typeof source === 'function' ? source.name : source.constructor.name
      members.set(key, { holder, key, descriptor: descriptor as Member['descriptor'], owner })
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
  return !/^class\b/.test(Function.prototype.toString.call(descriptor.value))
}

function isNative(fn: AnyFunction): boolean {
  return /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(fn))
}

function watchSubclasses<C extends AnyClass>(target: C, name: string, options: TraceClassOptions): C {
  const seen = new WeakSet<object>([target])
  const watched: C = new Proxy(target, {
    construct(_, args, newTarget) {
      // Not so for a construction by Reflect.construct() for an unrelated class, whose line never comes by here.
      if (Object.prototype.isPrototypeOf.call(watched, newTarget)) {
        for (let subclass = newTarget as AnyClass; subclass !== watched && !seen.has(subclass); ) {
          seen.add(subclass)
          traceMembers(subclass, name, options, false)
          subclass = Object.getPrototypeOf(subclass)
        }
      }
      return Reflect.construct(target as unknown as new () => object, args, newTarget === watched ? target : newTarget)
    },
  })
  return watched
}
