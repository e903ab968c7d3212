import { get } from '@osprofiler/core'
import { inTrace } from './traced-calls.js'

/** Called by a step in each of its callbacks, handlers and rows: notes in whose context that is. */
export type See = (where: string) => void

/** What a request does with a library. Resolves when it is over. */
export type Step = (see: See, caller: number) => Promise<unknown>

const CALLERS = 24

/**
 * Has callers with and without a trace take the same step at once, and returns what did not run in the context of its own
 * caller, each place once.
 */
export async function findStrays(step: Step, callers = CALLERS): Promise<string[]> {
  const strays = new Set<string>()
  const take = async (caller: number) => {
    const own = get()?.baseId
    let seen = 0
    const see: See = where => {
      seen++
      const actual = get()?.baseId
      if (actual === own) return
      const kinds = [own, actual].map(id => (id === undefined ? 'untraced' : 'traced'))
      strays.add(
        `${where} of a caller ${kinds[0]} ran ${actual === undefined ? 'untraced' : 'in the trace of another'}`,
      )
    }
    await step(see, caller)
    see('what follows')
    if (seen < 2) throw new Error('The step has shown nothing')
  }
  await Promise.all(
    Array.from({ length: callers }, (_, caller) => (caller % 2 === 0 ? inTrace(() => take(caller)) : take(caller))),
  )
  return [...strays].sort()
}

/** Takes a step that ends with a call of `done`. */
export function untilDone(run: (done: () => void, failed: (error: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => run(resolve, reject))
}

/** A library with its connection, and what callers do with it. */
export interface Opened {
  readonly steps: Readonly<Record<string, Step>>
  /** Opens the connection. */
  first(): Promise<unknown>
  close(): Promise<unknown>
}
