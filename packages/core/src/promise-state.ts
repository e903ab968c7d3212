import { inspect as nodeInspect } from 'node:util'

/** What can be learned of a promise without a handler on it. `object`: settled, with a value that was not touched. */
export type PromiseState = 'pending' | 'fulfilled' | 'rejected' | 'object'

const UNTOUCHED = Symbol('untouched')
const inspect = nodeInspect

/**
 * Reads whether a promise is settled. A handler would tell, but would also count as the program's own: an unhandled
 * rejection would go unseen. `util.inspect` tells without one.
 *
 * The inspection ends before it looks at a value that is an object, so no code of the program runs and a large value
 * costs nothing. Such a promise may be fulfilled or rejected: `readStateAndValue` tells.
 */
export function readPromiseState(promise: Promise<unknown>): PromiseState {
  return inspectState(promise, new DepthOfOne() as unknown as number) ?? 'object'
}

/**
 * Reads whether a promise is settled, and how. Looks at its value as `console.log` does, one level deep, but calls no custom
 * inspection: for promises that nobody waits for.
 */
export function readStateAndValue(promise: Promise<unknown>): PromiseState {
  return inspectState(promise, 0) ?? 'object'
}

/** A depth that is compared twice for the promise itself, and a third time for the value of the promise. */
class DepthOfOne {
  #compared = 0

  valueOf(): number {
    this.#compared++
    if (this.#compared > 2) throw UNTOUCHED
    return 0
  }
}

/** What `inspect` has told before it ended, or `undefined` where it ended at the value. */
function inspectState(promise: Promise<unknown>, depth: number): PromiseState | undefined {
  let state: PromiseState | undefined
  const options = {
    depth,
    // Has `inspect` compare the depth before it does anything else with an object.
    showHidden: typeof depth === 'object',
    showProxy: true,
    customInspect: false,
    getters: false,
    maxArrayLength: 0,
    maxStringLength: 0,
    stylize(text: string): string {
      if (text === '<pending>') state = 'pending'
      else if (text === '<rejected>') state = 'rejected'
      else state ??= 'fulfilled'
      return text
    },
  }
  try {
    inspect(promise, options)
    return state ?? 'fulfilled'
  } catch {
    // On Node 20 and 22 the promises of a context have members of Node's own, which come after the state.
    return state
  }
}
