import { Array, JSON, TypeError } from '../platform/platform.js'
import { toAudience } from './ticket-verifier.js'

const MODES = ['accept', 'required', 'off'] as const

/**
 * What a service does with tickets. `accept` traces a request with or without a valid ticket. `required` traces only
 * with a valid ticket. `off` never looks at tickets.
 */
export type TicketMode = (typeof MODES)[number]

/** Options that decide which tickets are valid, and which requests need one. */
export interface TicketOptions {
  /** What the service does with tickets. Default: OSPROFILER_TICKETS, else `accept`. */
  readonly tickets?: TicketMode | undefined
  /** The names that this service answers to in tickets. Default: OSPROFILER_AUDIENCE, else any. */
  readonly audience?: string | readonly string[] | undefined
}

/** @throws TypeError for a mode or an audience that is none */
export function checkTicketOptions({ tickets, audience }: TicketOptions): void {
  if (tickets !== undefined) readTicketMode(tickets, 'tickets')
  if (audience !== undefined) readAudience(audience)
}

/** @throws TypeError that names the source of the value */
export function readTicketMode(value: unknown, source: string): TicketMode {
  const mode = MODES.find(known => known === value)
  if (mode !== undefined) return mode
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : typeof value
  throw new TypeError(`${source} is ${shown}. Use accept, required or off.`)
}

/**
 * Returns the names of an audience as tickets write them: a list, or a string that is split at commas.
 *
 * @throws TypeError for a value that is neither
 */
export function readAudience(audience: unknown): readonly string[] {
  if (typeof audience === 'string') return toAudience(audience.split(','))
  if (Array.isArray(audience) && audience.every(name => typeof name === 'string')) return toAudience(audience)
  throw new TypeError('audience is a string or a list of strings: the names that this service answers to')
}
