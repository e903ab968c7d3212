import { inspect as nodeInspect } from 'node:util'
import { Object } from '../platform/platform.js'

/** What can be learned of a promise without a handler on it. `object`: settled, with a value that was not touched. */
export type PromiseState = 'pending' | 'fulfilled' | 'rejected' | 'object'

const inspect = nodeInspect

// Ends an inspection. `inspect` takes it for an overflow of the stack and goes on with the next object.
// Anything else would have it make an error with a stack trace, which takes ten times as long.
const UNTOUCHED = Object.freeze({ name: 'RangeError', message: 'Maximum call stack size exceeded' })

/**
 * Reads whether a promise is settled. A handler would tell, but would also count as the program's own: an unhandled
 * rejection would go unseen. `util.inspect` tells without one.
 *
 * The inspection ends before it looks at a value that is an object, so no code of the program runs and a large value
 * costs nothing. Such a promise may be fulfilled or rejected: `readStateAndValue` tells.
 */
export function readPromiseState(promise: Promise<unknown>): PromiseState {
  return inspectState(promise, new DepthOfOne())
}

/**
 * Reads whether a promise is settled, and how. Looks at its value as `console.log` does, one level deep, but calls no custom
 * inspection: for promises that nobody waits for.
 */
export function readStateAndValue(promise: Promise<unknown>): PromiseState {
  return inspectState(promise, undefined)
}

/** A depth that is compared twice for the promise itself, and a third time for the value of the promise. */
class DepthOfOne {
  #compared = 0
  /** Whether the inspection was ended at an object. */
  ended = false

  valueOf(): number {
    this.#compared++
    if (this.#compared <= 2) return 0
    this.ended = true
    throw UNTOUCHED
  }
}

function inspectState(promise: Promise<unknown>, depth: DepthOfOne | undefined): PromiseState {
  let state: PromiseState | undefined
  const options = {
    depth: (depth ?? 0) as number,
    // Has `inspect` compare the depth before it does anything else with an object.
    showHidden: depth !== undefined,
    showProxy: true,
    customInspect: false,
    getters: false,
    maxArrayLength: 0,
    maxStringLength: 0,
    stylize(text: string): string {
      if (text === '<pending>') state = 'pending'
      else if (text === '<rejected>') state = 'rejected'
      // What comes after the end is a note of `inspect` about the object that it left.
      else if (depth?.ended !== true) state ??= 'fulfilled'
      return text
    },
  }
  try {
    inspect(promise, options)
  } catch {
    // On Node 20 and 22 the promises of a context have members of Node's own, which come after the state.
  }
  return state ?? (depth?.ended === true ? 'object' : 'fulfilled')
}
