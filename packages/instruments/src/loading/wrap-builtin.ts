import { syncBuiltinESMExports } from 'node:module'
import { type Arounds, wrapMethods } from '../wrapping/wrap-method.js'

/** Wraps functions of a built-in module, including those imported by name. Returns a function that undoes this. */
export function wrapBuiltin(module: object, functions: Arounds): () => void {
  const undo = wrapMethods(module, functions)
  syncBuiltinESMExports()
  return () => {
    undo()
    syncBuiltinESMExports()
  }
}
