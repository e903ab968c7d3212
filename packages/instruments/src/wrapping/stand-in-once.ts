import {
  type AnyFunction,
  type Call,
  Function,
  type InPlaceOfCall,
  Proxy,
  Reflect,
  sourceOf,
} from '@osprofiler/core/toolkit'

/** Replaces a function that lives as long as one call. Cheaper than `standIn`: no decorator knows such a function. */
export function standInOnce<F extends AnyFunction>(fn: F, call: InPlaceOfCall): F {
  return new Proxy<F>(fn, {
    apply: (original, self, args) => call(original as unknown as Call, self, args),
    get: readMember,
  })
}

/** Returns a stand-in for one call that passes the arguments to `first` before it calls the function. */
export function standInAfter<F extends AnyFunction>(fn: F, first: (...args: unknown[]) => void): F {
  return standInOnce(fn, (original, self, args) => {
    first(...args)
    return Reflect.apply(original, self, args)
  })
}

/** Gives accessors the function itself as `this`, just like `standIn`. */
function readMember(original: AnyFunction, key: string | symbol): unknown {
  const value: unknown = Reflect.get(original, key)
  // Node does not show the source text of a proxy.
  return key === 'toString' && value === Function.prototype.toString ? () => sourceOf(original) : value
}
