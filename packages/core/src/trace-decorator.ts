import type { AnyFunction } from './traced-function.js'

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
export function methodName(owner: string | undefined, key: string | symbol): string {
  return owner ? `${owner}.${String(key)}` : String(key)
}

function wrapFunction(value: unknown, wrap: WrapFunction): AnyFunction {
  const fn = value as AnyFunction
  return wrap(fn, () => fn.name || '<anonymous>')
}

function decorateStandard(value: unknown, context: DecoratorContext, wrap: WrapFunction): unknown {
  const key = context.name ?? ''
  let name: string | undefined
  const nameOf = (receiver: unknown): string => {
    name ??= methodName(ownerOf(receiver, key), key)
    return name
  }
  if (context.kind === 'method') return wrap(value as AnyFunction, nameOf)
  if (context.kind === 'field') return (initial: AnyFunction) => wrap(initial, nameOf)
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
  const owner = typeof target === 'function' ? target.name : target.constructor.name
  return { ...descriptor, value: wrap(descriptor.value, () => methodName(owner, key)) }
}

/** The class that defines a member, seen from the `this` of a call. */
function ownerOf(receiver: unknown, key: string | symbol): string | undefined {
  if (typeof receiver !== 'object' && typeof receiver !== 'function') return undefined
  for (let holder: object | null = receiver; holder !== null; holder = Object.getPrototypeOf(holder)) {
    if (!Object.hasOwn(holder, key)) continue
    return typeof holder === 'function' ? holder.name : holder.constructor?.name
  }
  return undefined
}

function isStandardContext(context: unknown): context is DecoratorContext {
  return typeof context === 'object' && context !== null && 'kind' in context
}
