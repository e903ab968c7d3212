import { createContext, runInContext } from 'node:vm'
import { nameObject } from './labels.js'

// As a computed name, because the linter takes any class with a `then` for a mistake.
const THEN = 'then'
const realm = createContext({})

/** Makes promises of another realm: they are native, and no instances of the `Promise` here. */
export const foreign = {
  resolve: runInContext('value => Promise.resolve(value)', realm),
  reject: runInContext('reason => Promise.reject(reason)', realm),
  call: runInContext('async fn => await fn()', realm),
}

export class Own extends Promise {}

/** What is derived from it is of another class. */
export class Species extends Promise {
  static get [Symbol.species]() {
    return Promise
  }
}

/** Nothing can be derived from it. */
export class Picky extends Promise {
  static get [Symbol.species]() {
    throw new TypeError('never derived from')
  }
}

/** Begins its work when it is waited for. */
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
