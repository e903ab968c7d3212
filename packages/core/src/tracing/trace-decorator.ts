import { Object, String, TypeError, types } from '../platform/platform.js'
import { className, functionName } from '../recording/class-name.js'
import { type AnyFunction, originalOf } from '../wrapping/stand-in.js'

/** The result of `trace(name)`: wraps a function, or decorates a method or a field that contains a function. */
export interface TraceDecorator {
  <F extends AnyFunction>(fn: F): F
  <This, Args extends unknown[], Result>(
    method: (this: This, ...args: Args) => Result,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: Args) => Result>,
  ): (this: This, ...args: Args) => Result
  <This, F extends AnyFunction>(value: undefined, context: ClassFieldDecoratorContext<This, F>): (initial: F) => F
  /** Decorates a method with TypeScript's `experimentalDecorators`. */
  <F extends AnyFunction>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<F>,
  ): TypedPropertyDescriptor<F>
}

/**
 * A function that returns the traced form of `fn`. `nameOf` receives the `this` of a call and returns the name to
 * record.
 */
export type WrapFunction = (fn: AnyFunction, nameOf: (receiver: unknown) => string) => AnyFunction

/**
 * Creates a decorator from a function that wraps another function. The decorator works as a standard decorator and as
 * one of TypeScript's experimental decorators.
 */
export function decorate(wrap: WrapFunction): TraceDecorator {
  return ((value: unknown, context?: unknown, descriptor?: PropertyDescriptor) => {
    if (context === undefined) return wrapFunction(value, wrap)
    if (isStandardContext(context)) return decorateStandard(value, context, wrap)
    return decorateLegacy(value as object, context as string | symbol, descriptor, wrap)
  }) as TraceDecorator
}

/** Returns the recorded name of a method: `Class.method`. */
export function formatMethodName(owner: unknown, key: string | symbol): string {
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
      owner ??= findOwnerName(receiver, key, traced)
      return formatMethodName(owner, key)
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
    throw new TypeError(`trace() decorates methods, but ${String(key)} is not a method`)
  const owner = typeof target === 'function' ? functionName(target) : className(target)
  return { ...descriptor, value: wrap(descriptor.value, () => formatMethodName(owner, key)) }
}

/**
 * Returns the name of the class that defines a member. Compares members, because a subclass may have a different member
 * with the same name.
 */
function findOwnerName(receiver: unknown, key: string | symbol, member: AnyFunction): string | undefined {
  if (typeof receiver !== 'object' && typeof receiver !== 'function') return undefined
  let nearest: object | undefined
  for (let holder: object | null = unwrapClass(receiver); holder !== null; holder = Object.getPrototypeOf(holder)) {
    // A proxy's traps are the application's code, which must not run here.
    if (types.isProxy(holder)) return undefined
    const descriptor = Object.getOwnPropertyDescriptor(holder, key)
    if (descriptor?.value === member) return getHolderName(holder)
    if (descriptor !== undefined) nearest ??= holder
  }
  return nearest && getHolderName(nearest)
}

function unwrapClass(receiver: object | null): object | null {
  return typeof receiver === 'function' ? originalOf(receiver as AnyFunction) : receiver
}

function getHolderName(holder: object): string {
  return typeof holder === 'function' ? functionName(holder) : className(holder)
}

function isStandardContext(context: unknown): context is DecoratorContext {
  return typeof context === 'object' && context !== null && 'kind' in context
}
