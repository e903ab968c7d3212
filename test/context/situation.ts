import type { Server } from 'node:http'
import type { RawRoute } from './framework.js'
import type { ClientOptions } from './stop-of-request.js'

/** A situation in which a response ends. */
export interface Situation {
  readonly what: string
  readonly route: RawRoute
  /** The expected info in the stop record. */
  readonly recorded: object
  readonly prepare?: (server: Server) => void
  readonly client?: ClientOptions
}

/** Calls a function in a later turn of the event loop. */
export function later(act: () => unknown): void {
  setTimeout(act, 5)
}
