import { currentScope, type Scope } from '../points/context.js'

// Of a function that makes more at once, the scopes of the further ones are not known.
const MAX_MADE = 1_024

const made: unknown[] = []
const scopes: (Scope | undefined)[] = []
let watchers = 0

/** The promises that are made while a function runs, and the scopes in which they are made. Watched functions may nest. */
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

  /** The scope of a promise that was made since `begin` returned this number. */
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
