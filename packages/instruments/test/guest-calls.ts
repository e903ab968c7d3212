import { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

/** Logs an event, with the number of microtasks since bytes last arrived. */
export type Note = (what: string) => void

/** A library call, as a program makes it. Resolves when the call is complete. */
export type Call = (note: Note) => Promise<unknown>

const MAX_TICKS = 2_000

/** Makes a call. Returns everything about the call that a program can observe, including unhandled rejections. */
export async function watchCall(call: Call): Promise<readonly string[]> {
  const log: string[] = []
  let count = 0
  let chain = 0

  async function countTicks(own: number): Promise<void> {
    while (own === chain && count < MAX_TICKS) {
      await null
      count++
    }
  }

  function begin(): void {
    count = 0
    void countTicks(++chain)
  }

  const note: Note = what => void log.push(`${count} ${what}`)
  const undo = watchSockets(begin)
  // Unhandled rejections are logged separately, because Node's timing for them depends on how many responses arrive at
  // once.
  const unhandled: string[] = []
  const forget = takeUnhandled(reason => unhandled.push(`unhandled ${describe(reason)}`))
  begin()
  try {
    await call(note)
    for (let turns = 0; turns < 5; turns++) await turn()
  } finally {
    undo()
    forget()
    chain++
  }
  return [...log, ...unhandled]
}

/** Waits for a promise with `then` and with `await`, and logs when each of them continues. */
export async function notePromise(promise: unknown, note: Note): Promise<void> {
  const given = promise as Promise<unknown>
  note(`${given.constructor.name} ${Object.keys(given)}`)
  const chained = given.then(
    value => note(`then ${show(value)}`),
    error => note(`then ${describe(error)}`),
  )
  try {
    note(`awaited ${show(await given)}`)
  } catch (error) {
    note(`awaited ${describe(error)}`)
  }
  await chained
}

function describe(reason: unknown): string {
  return reason instanceof Error ? `${reason.name} ${reason.message}` : String(reason)
}

function show(value: unknown): string {
  return Array.isArray(value) ? `list of ${value.length}` : typeof value
}

/** Calls `came` when bytes arrive, before the program reads them. Returns a function that ends the watch. */
function watchSockets(came: () => void): () => void {
  const { prototype } = Socket
  const { emit } = prototype
  Object.defineProperty(prototype, 'emit', {
    configurable: true,
    writable: true,
    value(this: Socket, event: string, ...args: unknown[]) {
      if (event === 'data' || event === 'readable') came()
      return Reflect.apply(emit, this, [event, ...args])
    },
  })
  return () => {
    Reflect.deleteProperty(prototype, 'emit')
  }
}

/** Replaces the test runner's listeners, which count each unhandled rejection as a failure. */
function takeUnhandled(listener: (reason: unknown) => void): () => void {
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', listener)
  return () => {
    process.off('unhandledRejection', listener)
    for (const other of others) process.on('unhandledRejection', other)
  }
}
