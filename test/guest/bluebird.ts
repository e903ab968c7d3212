import { createRequire } from 'node:module'

/** The part of Bluebird, which has no types of its own, that programs of the tests use. */
interface BluebirdClass {
  resolve(value: unknown): PromiseLike<unknown>
  try(fn: () => unknown): PromiseLike<unknown>
}

/** A class of promises that is not Node's. */
export const Bluebird: BluebirdClass = createRequire(import.meta.url)('bluebird')
