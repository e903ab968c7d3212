import { syncBuiltinESMExports } from 'node:module'
import { type Arounds, wrapMethods } from '../wrapping/wrap-method.js'

/**
 * Wraps functions of a module of Node itself, also for those who have imported them by their names. Returns a function that
 * undoes that.
 */
export function wrapBuiltin(module: object, functions: Arounds): () => void {
  const undo = wrapMethods(module, functions)
  syncBuiltinESMExports()
  return () => {
    undo()
    syncBuiltinESMExports()
  }
}
