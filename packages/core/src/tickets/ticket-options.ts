import { Array, JSON, TypeError } from '../platform/platform.js'
import { toAudience } from './ticket-verifier.js'

const MODES = ['accept', 'required', 'off'] as const

/**
 * How a service treats tickets. `accept` traces a request with or without a valid ticket. `required` traces a request
 * only with a valid ticket. `off` ignores tickets.
 */
export type TicketMode = (typeof MODES)[number]

/** Options that decide which tickets are valid, and which requests need a ticket. */
export interface TicketOptions {
  /** How the service treats tickets. Default: OSPROFILER_TICKETS, else `accept`. */
  readonly tickets?: TicketMode | undefined
  /** The names of this service that tickets may contain. Default: OSPROFILER_AUDIENCE, else any name. */
  readonly audience?: string | readonly string[] | undefined
}

/**
 * Checks the options for tickets.
 *
 * @throws TypeError for an invalid mode or audience
 */
export function checkTicketOptions({ tickets, audience }: TicketOptions): void {
  if (tickets !== undefined) readTicketMode(tickets, 'tickets')
  if (audience !== undefined) readAudience(audience)
}

/**
 * Returns a value as a ticket mode.
 *
 * @throws TypeError whose message names `source`, the origin of the value
 */
export function readTicketMode(value: unknown, source: string): TicketMode {
  const mode = MODES.find(known => known === value)
  if (mode !== undefined) return mode
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : typeof value
  throw new TypeError(`${source} must be accept, required or off, not ${shown}`)
}

/**
 * Returns the names of an audience in the form that tickets use. An audience is a list, or a comma-separated string.
 *
 * @throws TypeError for a value that is neither a list nor a string
 */
export function readAudience(audience: unknown): readonly string[] {
  if (typeof audience === 'string') return toAudience(audience.split(','))
  if (Array.isArray(audience) && audience.every(name => typeof name === 'string')) return toAudience(audience)
  throw new TypeError('audience must be a string or a list of strings: the names that this service answers to')
}
