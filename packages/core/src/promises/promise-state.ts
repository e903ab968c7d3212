import { inspect as nodeInspect } from 'node:util'
import { Object } from '../platform/platform.js'

/**
 * State of a promise, read without adding a handler. `object` means that the promise has settled with an object that
 * was not inspected.
 */
export type PromiseState = 'pending' | 'fulfilled' | 'rejected' | 'object'

const inspect = nodeInspect

// This value is thrown to end an inspection. `inspect` treats the value like a stack overflow, and continues with the
// next object. For any other thrown value, it creates an error with a stack trace, which takes ten times as long.
const END_OF_INSPECTION = Object.freeze({ name: 'RangeError', message: 'Maximum call stack size exceeded' })

/**
 * Reads the state of a promise through `util.inspect`, because a handler would hide an unhandled rejection. The
 * inspection stops at a value that is an object, so it runs none of the application's code, and large values cost
 * nothing. For a promise with such a value, only `readStateAndValue` returns whether it was fulfilled or rejected.
 */
export function readPromiseState(promise: Promise<unknown>): PromiseState {
  return inspectState(promise, new DepthOfOne())
}

/** Reads the state of a promise. Inspects one level of the value, like `console.log`, but without custom inspection. */
export function readStateAndValue(promise: Promise<unknown>): PromiseState {
  return inspectState(promise, undefined)
}

/**
 * A value for the option `depth` of `inspect`. This value ends the inspection at the promise's value: `inspect`
 * compares its current depth with the option twice for the promise itself, and a third time for the promise's value.
 * The third comparison throws.
 */
class DepthOfOne {
  #compared = 0
  hasEnded = false

  valueOf(): number {
    this.#compared++
    if (this.#compared <= 2) return 0
    this.hasEnded = true
    throw END_OF_INSPECTION
  }
}

function inspectState(promise: Promise<unknown>, depth: DepthOfOne | undefined): PromiseState {
  let state: PromiseState | undefined
  const options = {
    depth: (depth ?? 0) as number,
    // With this option, `inspect` compares the depth first, before it inspects an object in any other way.
    showHidden: depth !== undefined,
    showProxy: true,
    customInspect: false,
    getters: false,
    maxArrayLength: 0,
    maxStringLength: 0,
    stylize(text: string): string {
      if (text === '<pending>') state = 'pending'
      else if (text === '<rejected>') state = 'rejected'
      // If the third comparison has ended the inspection, the text is a note about the object and shows no state.
      else if (depth?.hasEnded !== true) state ??= 'fulfilled'
      return text
    },
  }
  try {
    inspect(promise, options)
  } catch {
    // On Node 20 and 22, promises from a `vm` context have internal Node properties. Inspecting those may throw, but
    // only after the state has been read.
  }
  return state ?? (depth?.hasEnded === true ? 'object' : 'fulfilled')
}
