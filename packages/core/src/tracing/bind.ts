import { Reflect } from '../platform/platform.js'
import { takeContext } from '../points/context.js'
import { type AnyFunction, standIn } from '../wrapping/stand-in.js'

/**
 * Returns a function that runs `fn` in the current context, even if the returned function is called in another context.
 * Intended for callbacks.
 *
 * @example
 * emitter.on('row', bind(row => show(row)))
 */
export function bind<F extends AnyFunction>(fn: F): F {
  const inContext = takeContext()
  return standIn(fn, (original, self, args) => inContext(() => Reflect.apply(original, self, args)))
}
