import type { Server } from 'node:http'
import type { RawRoute } from './framework.js'
import type { ClientOptions } from './stop-of-request.js'

/** A way in which a response may end. */
export interface Situation {
  readonly what: string
  readonly route: RawRoute
  /** What the stop record says. */
  readonly recorded: object
  readonly prepare?: (server: Server) => void
  readonly client?: ClientOptions
}

/** Does something a little later, in an event of its own. */
export function later(act: () => unknown): void {
  setTimeout(act, 5)
}
