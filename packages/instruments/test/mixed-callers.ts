import { get } from '@osprofiler/core'
import { inTrace } from './traced-calls.js'

/** Records whose context is current. A step calls this function in each of its callbacks, handlers and rows. */
export type See = (where: string) => void

/** What a request does with a library. Resolves when that is complete. */
export type Step = (see: See, caller: number) => Promise<unknown>

const CALLERS = 24

/**
 * Runs a step concurrently for callers with and without a trace. Returns each `where` that ran outside its own caller's
 * context, without duplicates.
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

/** Runs a step that calls `done` when it is complete. */
export function untilDone(run: (done: () => void, failed: (error: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => run(resolve, reject))
}

/** A library with its open connection, and the steps that callers take with them. */
export interface Opened {
  readonly steps: Readonly<Record<string, Step>>
  /** Makes the first call, which opens the connection. */
  first(): Promise<unknown>
  close(): Promise<unknown>
}
