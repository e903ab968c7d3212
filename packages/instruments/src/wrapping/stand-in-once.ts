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
 * Wraps a function that is used for one call only. This is cheaper than `standIn`, which also preserves the properties
 * that decorators read. Decorators never see a function that is used for only one call.
 */
export function standInOnce<F extends AnyFunction>(fn: F, call: InPlaceOfCall): F {
  return new Proxy<F>(fn, {
    apply: (original, self, args) => call(original as unknown as Call, self, args),
    get: readMember,
  })
}

/** Returns a stand-in for one call, which passes the arguments to `first` before it calls the function. */
export function standInAfter<F extends AnyFunction>(fn: F, first: (...args: unknown[]) => void): F {
  return standInOnce(fn, (original, self, args) => {
    first(...args)
    return Reflect.apply(original, self, args)
  })
}

/** Reads a property of the original function. Accessors run with the original function as `this`, as in `standIn`. */
function readMember(original: AnyFunction, key: string | symbol): unknown {
  const value: unknown = Reflect.get(original, key)
  // Calling `toString` on a proxy does not show the function's source.
  return key === 'toString' && value === Function.prototype.toString ? () => sourceOf(original) : value
}
