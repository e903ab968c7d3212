import {
  type AnyFunction,
  type Call,
  Function,
  type InPlaceOfCall,
  Proxy,
  Reflect,
  sourceOf,
} from '@osprofiler/core/toolkit'

/**
 * As `standIn`, for a function that lives as long as one call: a callback, or what hands a request on. No decorator
 * knows such a function. A `standIn` costs more to make, and a program makes thousands of these a second.
 */
export function standInOnce<F extends AnyFunction>(fn: F, call: InPlaceOfCall): F {
  return new Proxy<F>(fn, {
    apply: (original, self, args) => call(original as unknown as Call, self, args),
    get: readMember,
  })
}

/** A stand-in for one call that gives the arguments to `first`, and then calls the function. */
export function standInAfter<F extends AnyFunction>(fn: F, first: (...args: unknown[]) => void): F {
  return standInOnce(fn, (original, self, args) => {
    first(...args)
    return Reflect.apply(original, self, args)
  })
}

/** An accessor has the function itself for `this`, as in a `standIn`. */
function readMember(original: AnyFunction, key: string | symbol): unknown {
  const value: unknown = Reflect.get(original, key)
  // Node shows no source text for a proxy.
  return key === 'toString' && value === Function.prototype.toString ? () => sourceOf(original) : value
}
