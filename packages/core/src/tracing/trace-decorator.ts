import { Object, String, TypeError, types } from '../platform/platform.js'
import { className, functionName } from '../recording/class-name.js'
import { type AnyFunction, originalOf } from '../wrapping/stand-in.js'

/** What `trace(name)` returns: wraps a function, or decorates a method or a field that holds a function. */
export interface TraceDecorator {
  <F extends AnyFunction>(fn: F): F
  /** As a standard decorator of a method. */
  <This, Args extends unknown[], Result>(
    method: (this: This, ...args: Args) => Result,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: Args) => Result>,
  ): (this: This, ...args: Args) => Result
  /** As a standard decorator of a field. */
  <This, F extends AnyFunction>(value: undefined, context: ClassFieldDecoratorContext<This, F>): (initial: F) => F
  /** With TypeScript's `experimentalDecorators`. */
  <F extends AnyFunction>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<F>,
  ): TypedPropertyDescriptor<F>
}

/** Makes the traced form of a function. `nameOf` names it from the `this` of a call. */
export type WrapFunction = (fn: AnyFunction, nameOf: (receiver: unknown) => string) => AnyFunction

/** A decorator in every dialect from what wraps one function. */
export function decorate(wrap: WrapFunction): TraceDecorator {
  return ((value: unknown, context?: unknown, descriptor?: PropertyDescriptor) => {
    if (context === undefined) return wrapFunction(value, wrap)
    if (isStandardContext(context)) return decorateStandard(value, context, wrap)
    return decorateLegacy(value as object, context as string | symbol, descriptor, wrap)
  }) as TraceDecorator
}

/** The name of a method in a record: `Class.method`. */
export function methodName(owner: unknown, key: string | symbol): string {
  // A class may have a static member `name`, of any kind.
  return typeof owner === 'string' && owner !== '' ? `${owner}.${String(key)}` : String(key)
}

function wrapFunction(value: unknown, wrap: WrapFunction): AnyFunction {
  const fn = value as AnyFunction
  const name = (typeof fn === 'function' && functionName(originalOf(fn))) || '<anonymous>'
  return wrap(fn, () => name)
}

function decorateStandard(value: unknown, context: DecoratorContext, wrap: WrapFunction): unknown {
  const key = context.name ?? ''
  const wrapMember = (fn: AnyFunction): AnyFunction => {
    let owner: string | undefined
    const traced = wrap(fn, receiver => {
      owner ??= ownerOf(receiver, key, traced)
      return methodName(owner, key)
    })
    return traced
  }
  if (context.kind === 'method') return wrapMember(value as AnyFunction)
  if (context.kind === 'field') return wrapMember
  throw new TypeError(`trace() decorates methods and fields, not a ${context.kind}; for a class use traceClass()`)
}

function decorateLegacy(
  target: object,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  wrap: WrapFunction,
): PropertyDescriptor {
  if (typeof descriptor?.value !== 'function')
    throw new TypeError(`trace() decorates methods, and ${String(key)} is none`)
  const owner = typeof target === 'function' ? functionName(target) : className(target)
  return { ...descriptor, value: wrap(descriptor.value, () => methodName(owner, key)) }
}

/** The class that defines a member, seen from the `this` of a call: a subclass may have another by that name. */
function ownerOf(receiver: unknown, key: string | symbol, member: AnyFunction): string | undefined {
  if (typeof receiver !== 'object' && typeof receiver !== 'function') return undefined
  let nearest: object | undefined
  for (let holder: object | null = behindClass(receiver); holder !== null; holder = Object.getPrototypeOf(holder)) {
    // The traps of a proxy are the program's.
    if (types.isProxy(holder)) return undefined
    const descriptor = Object.getOwnPropertyDescriptor(holder, key)
    if (descriptor?.value === member) return nameOfHolder(holder)
    if (descriptor !== undefined) nearest ??= holder
  }
  return nearest && nameOfHolder(nearest)
}

function behindClass(receiver: object | null): object | null {
  return typeof receiver === 'function' ? originalOf(receiver as AnyFunction) : receiver
}

function nameOfHolder(holder: object): string {
  return typeof holder === 'function' ? functionName(holder) : className(holder)
}

function isStandardContext(context: unknown): context is DecoratorContext {
  return typeof context === 'object' && context !== null && 'kind' in context
}
