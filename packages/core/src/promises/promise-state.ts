import { inspect as nodeInspect } from 'node:util'
import { Object } from '../platform/platform.js'

/** State of a promise, read without a handler. `object` is a settled promise whose value was not inspected. */
export type PromiseState = 'pending' | 'fulfilled' | 'rejected' | 'object'

const inspect = nodeInspect

// Ends an inspection: `inspect` takes it for a stack overflow and goes on with the next object. For any other value it
// creates an error with a stack trace, which takes ten times as long.
const END_OF_INSPECTION = Object.freeze({ name: 'RangeError', message: 'Maximum call stack size exceeded' })

/**
 * Reads the state of a promise through `util.inspect`, because a handler would hide an unhandled rejection. The
 * inspection ends at a value that is an object, so no code of the program runs and large values cost nothing. Only
 * `readStateAndValue` tells how such a promise settled.
 */
export function readPromiseState(promise: Promise<unknown>): PromiseState {
  return inspectState(promise, new DepthOfOne())
}

/** Reads a promise's state, looking one level into the value as `console.log` does, but without custom inspection. */
export function readStateAndValue(promise: Promise<unknown>): PromiseState {
  return inspectState(promise, undefined)
}

/** Depth that `inspect` compares twice for the promise itself, and a third time for its value. */
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
    // With this option, `inspect` compares the depth before it does anything else with an object.
    showHidden: depth !== undefined,
    showProxy: true,
    customInspect: false,
    getters: false,
    maxArrayLength: 0,
    maxStringLength: 0,
    stylize(text: string): string {
      if (text === '<pending>') state = 'pending'
      else if (text === '<rejected>') state = 'rejected'
      // Text after the end is a note by `inspect` about the object that it left.
      else if (depth?.hasEnded !== true) state ??= 'fulfilled'
      return text
    },
  }
  try {
    inspect(promise, options)
  } catch {
    // On Node 20 and 22, promises of a context have members of Node's own, whose inspection may throw after the state.
  }
  return state ?? (depth?.hasEnded === true ? 'object' : 'fulfilled')
}
