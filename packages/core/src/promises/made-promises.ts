import { currentScope, type Scope } from '../points/context.js'

// The maximum number of promises whose scopes are noted.
const MAX_NOTED_PROMISES = 1_024

const promises: unknown[] = []
const scopes: (Scope | undefined)[] = []
let watchers = 0

/** The promises that are created while a watched function runs, and their scopes. Watched functions may be nested. */
export const madePromises = {
  isWatching: (): boolean => watchers > 0,

  begin(): number {
    watchers++
    return promises.length
  },

  note(promise: unknown): void {
    if (watchers === 0 || promises.length >= MAX_NOTED_PROMISES) return
    promises.push(promise)
    scopes.push(currentScope())
  },

  find(watchStart: number, promise: unknown): Scope | undefined {
    const index = promises.indexOf(promise, watchStart)
    return index < 0 ? undefined : scopes[index]
  },

  end(): void {
    watchers--
    if (watchers > 0) return
    promises.length = 0
    scopes.length = 0
  },
}
