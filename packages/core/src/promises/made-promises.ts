import { currentScope, type Scope } from '../points/context.js'

// For promises beyond this number, the scopes are unknown.
const MAX_MADE = 1_024

const made: unknown[] = []
const scopes: (Scope | undefined)[] = []
let watchers = 0

/** The promises that are made while a watched function runs, and their scopes. Watched functions may nest. */
export const madePromises = {
  watched: (): boolean => watchers > 0,

  begin(): number {
    watchers++
    return made.length
  },

  note(promise: unknown): void {
    if (watchers === 0 || made.length >= MAX_MADE) return
    made.push(promise)
    scopes.push(currentScope())
  },

  find(begun: number, promise: unknown): Scope | undefined {
    const at = made.indexOf(promise, begun)
    return at < 0 ? undefined : scopes[at]
  },

  end(): void {
    watchers--
    if (watchers > 0) return
    made.length = 0
    scopes.length = 0
  },
}
