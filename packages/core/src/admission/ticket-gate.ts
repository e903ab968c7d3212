import type { KeyObject } from 'node:crypto'
import { getTicketSettings } from '../options/configuration.js'
import { dateNow, WeakMap } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { createNonceStore, MAX_NONCES } from '../tickets/nonce-store.js'
import { readAudience, type TicketOptions } from '../tickets/ticket-options.js'
import { judgeTicket, type TicketGrant, type TicketRefusal, type TicketVerdict } from '../tickets/ticket-verifier.js'

/** Counts of tickets by verdict. */
export interface TicketStats {
  readonly valid: number
  readonly refused: Readonly<Record<TicketRefusal, number>>
}

/** A request that may contain a ticket. */
export interface TicketCarrier {
  readonly headers: Readonly<Record<string, unknown>>
}

/**
 * Why a request with a valid pair of trace headers is not traced in `required` mode. `detail` says why its ticket was
 * refused.
 */
export interface TicketLack {
  readonly reason: 'no-ticket' | 'ticket-refused'
  readonly detail?: string | undefined
}

/** Judges the tickets of requests that contain a valid pair of headers. */
export interface TicketGate<Source> {
  /**
   * Returns the grant of a valid ticket, the reason not to trace the request, or `undefined` to trace it without a
   * grant.
   */
  judge(request: Source, info: string, key: KeyObject): TicketGrant | TicketLack | undefined
  readonly stats: TicketStats
}

// All gates of the process share the nonces of used tickets, because a ticket may be used only once in the process.
const memory = shared('ticket-nonces', () => ({ nonces: createNonceStore(MAX_NONCES), started: dateNow() / 1_000 }))
/** Verdicts by request object and by headers object, because an adapter or a propagator may see only one of the two. */
const verdicts = shared('ticket-verdicts', () => new WeakMap<object, TicketVerdict>())

/** Creates a gate. Options that are not set come from `configure`, `setup` or the environment. */
export function createTicketGate<Source extends TicketCarrier>(options: TicketOptions): TicketGate<Source> {
  const ownAudience = options.audience === undefined ? undefined : readAudience(options.audience)
  const refused: Record<TicketRefusal, number> = {
    malformed: 0,
    'other-key': 0,
    'bad-mac': 0,
    'not-yet': 0,
    expired: 0,
    'before-start': 0,
    audience: 0,
    replayed: 0,
    busy: 0,
  }
  let valid = 0

  /** Judges each request once, because a second check would treat the request's own nonce as a replay. */
  function verdictOf(request: Source, ticket: string, info: string, key: KeyObject): TicketVerdict {
    const { headers } = request
    const known = verdicts.get(request) ?? verdicts.get(headers)
    if (known !== undefined) return known
    const rules = { audience: ownAudience ?? getTicketSettings().audience, ...memory }
    const verdict = judgeTicket(ticket, info, key, rules, dateNow() / 1_000)
    verdicts.set(request, verdict)
    verdicts.set(headers, verdict)
    if (verdict.valid) valid++
    else refused[verdict.reason]++
    return verdict
  }

  return {
    judge(request, info, key) {
      const mode = options.tickets ?? getTicketSettings().mode
      if (mode === 'off') return undefined
      const ticket = request.headers['x-trace-ticket']
      if (ticket === undefined) return mode === 'required' ? { reason: 'no-ticket' } : undefined
      const verdict = verdictOf(request, typeof ticket === 'string' ? ticket : '', info, key)
      if (verdict.valid) return verdict
      return mode === 'required' ? { reason: 'ticket-refused', detail: DETAILS[verdict.reason] } : undefined
    },
    get stats() {
      return { valid, refused: { ...refused } }
    },
  }
}

/** Explains each refusal to the service's operator, without quoting anything that the caller sent. */
const DETAILS: Readonly<Record<TicketRefusal, string>> = {
  malformed: 'Its X-Trace-Ticket is malformed.',
  'other-key': 'Its ticket was signed with a different key than its X-Trace-HMAC.',
  'bad-mac': 'The signature of its ticket is wrong, or belongs to another X-Trace-Info.',
  'not-yet': "Its ticket was issued by a clock that is more than 30 s ahead of this host's clock.",
  expired: 'Its ticket has expired.',
  'before-start': 'Its ticket was issued before this process started.',
  audience: 'Its ticket is for another host. Compare it with the option "audience" or OSPROFILER_AUDIENCE.',
  replayed: 'Its ticket was used before.',
  busy: 'Too many tickets are in use.',
}
