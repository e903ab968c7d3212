import { get } from '@osprofiler/core'
import { inTrace } from './traced-calls.js'

/**
 * Checks that the current context is that of the caller. A step calls this function in each of its callbacks, event
 * handlers and rows. `where` describes the callback, event or row.
 */
export type See = (where: string) => void

/** The calls that one request makes to a library. Resolves when all calls are complete. */
export type Step = (see: See, caller: number) => Promise<unknown>

const CALLERS = 24

/**
 * Runs a step concurrently for callers with and without a trace. Returns a description of each place that ran outside
 * its own caller's context, without duplicates.
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
    see('the code after the step')
    if (seen < 2) throw new Error('The step never called see()')
  }
  await Promise.all(
    Array.from({ length: callers }, (_, caller) => (caller % 2 === 0 ? inTrace(() => take(caller)) : take(caller))),
  )
  return [...strays].sort()
}

/** Runs a step that calls `done` when it is complete. */
export function untilDone(run: (done: () => void, failed: (error: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => run(resolve, reject))
}

/** An open connection of a library, and the steps in which callers use the connection. */
export interface Opened {
  readonly steps: Readonly<Record<string, Step>>
  /** Makes the first call, which opens the connection. */
  first(): Promise<unknown>
  close(): Promise<unknown>
}
