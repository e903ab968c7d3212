import { Reflect } from '../platform/platform.js'
import { takeContext } from '../points/context.js'
import { type AnyFunction, standIn } from '../wrapping/stand-in.js'

/**
 * A function that stands for `fn` and runs in today's context, whoever calls it: for callbacks that come from elsewhere.
 *
 * @example
 * emitter.on('row', bind(row => show(row)))
 */
export function bind<F extends AnyFunction>(fn: F): F {
  const inContext = takeContext()
  return standIn(fn, (original, self, args) => inContext(() => Reflect.apply(original, self, args)))
}
