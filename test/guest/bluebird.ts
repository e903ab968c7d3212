import { createRequire } from 'node:module'

/** The part of Bluebird that test programs use. Bluebird does not include types. */
interface BluebirdClass {
  resolve(value: unknown): PromiseLike<unknown>
  try(fn: () => unknown): PromiseLike<unknown>
}

/** A promise class that is not Node's. */
export const Bluebird: BluebirdClass = createRequire(import.meta.url)('bluebird')
