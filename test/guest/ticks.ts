import type { EventEmitter } from 'node:events'

/** The entries that a program records about its run, each with the number of microtasks so far. */
export interface Ticks {
  readonly log: readonly string[]
  /** Resolves when the program calls `end`. */
  readonly over: Promise<void>
  /** Restarts the count. Call this first in each turn of the event loop, because a count covers only one turn. */
  begin(): void
  note(what: string): void
  /** Records when events are emitted, and how many listeners an emitter has for each event. */
  watch(name: string, emitter: EventEmitter): void
  end(): void
}

const MAX_TICKS = 1_000

export function createTicks(): Ticks {
  const log: string[] = []
  const { promise: over, resolve: end } = createDeferred()
  let count = 0
  let chain = 0

  /** Counts microtasks with a new chain of microtasks, which alternate with those of the program. */
  async function countTicks(own: number): Promise<void> {
    while (own === chain && count < MAX_TICKS) {
      await null
      count++
    }
  }

  const note = (what: string): void => void log.push(`${count} ${what}`)
  return {
    log,
    over,
    begin() {
      count = 0
      void countTicks(++chain)
    },
    note,
    watch(name, emitter) {
      const counts = emitter.eventNames().map(event => `${String(event)}:${emitter.listenerCount(event)}`)
      log.push(`${name} listens to ${counts.sort().join(' ')}`)
      log.push(`${name} has ${Object.keys(emitter).join(' ')}`)
      const symbols = Object.getOwnPropertySymbols(emitter).filter(symbol =>
        Object.prototype.propertyIsEnumerable.call(emitter, symbol),
      )
      log.push(`${name} has ${symbols.map(String).join(' ')}`)
    },
    end,
  }
}

function createDeferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>(done => {
    resolve = done
  })
  return { promise, resolve }
}
