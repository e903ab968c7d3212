import type { KeyObject } from 'node:crypto'
import { findSigningKey, type HmacKeys, listKeys, readHmac } from '../keys/key-ring.js'
import { toSecretKey } from '../keys/secret-key.js'
import { Buffer, dateNow, Math, timingSafeEqual } from '../platform/platform.js'
import { createNonceStore, MAX_NONCES, type NonceStore } from './nonce-store.js'
import { ticketKeyOf, ticketMac } from './ticket-key.js'
import { parseTicket, type Ticket } from './ticket-text.js'
import { knownWishes } from './wishes.js'

/** The reason why a ticket is refused. The reasons are listed in the order of the checks. */
export type TicketRefusal =
  | 'malformed'
  | 'other-key'
  | 'bad-mac'
  | 'not-yet'
  | 'expired'
  | 'before-start'
  | 'audience'
  | 'replayed'
  | 'busy'

/** The grant of a valid ticket. */
export interface TicketGrant {
  /** The maximum number of points that one process may record for the trace. */
  readonly points: number
  /** The wishes that this version supports. */
  readonly wants: readonly string[]
}

/** The result of judging a ticket. */
export type TicketVerdict =
  | ({ readonly valid: true } & TicketGrant)
  | { readonly valid: false; readonly reason: TicketRefusal }

/** The settings and state with which a service judges tickets. Times are in seconds since the epoch. */
export interface TicketRules {
  /** The names of the service, in lower case. An empty list accepts any audience. */
  readonly audience: readonly string[]
  /** The time at which the service began to remember nonces. */
  readonly started: number
  readonly nonces: NonceStore
}

/** The maximum difference between the clocks of a signer and a verifier, in seconds. */
const CLOCK_SKEW_S = 30

/** Judges a ticket whose pair of headers was signed with `key`. `now` is in seconds since the epoch. */
export function judgeTicket(
  text: string,
  info: string,
  key: KeyObject | undefined,
  { audience, started, nonces }: TicketRules,
  now: number,
): TicketVerdict {
  const ticket = parseTicket(text)
  if (ticket === undefined) return refuse('malformed')
  const ticketKey = key === undefined ? undefined : ticketKeyOf(key)
  if (ticketKey?.kid !== ticket.kid) return refuse('other-key')
  if (!isSameText(ticketMac(ticketKey, info, ticket.head), ticket.mac)) return refuse('bad-mac')
  const wrongTime = explainTime(ticket, now)
  if (wrongTime !== undefined) return refuse(wrongTime)
  // After a restart, the service has forgotten the nonces of earlier tickets, so it refuses these tickets.
  if (!(ticket.iat >= Math.floor(started))) return refuse('before-start')
  if (ticket.aud !== '' && audience.length > 0 && !audience.includes(ticket.aud)) return refuse('audience')
  const outcome = nonces.add(ticket.nonce, ticket.exp, exp => isExpired(exp, now))
  if (outcome !== 'new') return refuse(outcome)
  return { valid: true, points: ticket.points, wants: knownWishes(ticket.wants) }
}

/**
 * Returns why the time of a ticket is refused, or `undefined` if the time is accepted. Compares whole seconds. If `now`
 * is NaN, no ticket is accepted.
 */
function explainTime({ iat, exp }: Ticket, now: number): 'not-yet' | 'expired' | undefined {
  if (!(iat - Math.floor(now) <= CLOCK_SKEW_S)) return 'not-yet'
  return isExpired(exp, now) ? 'expired' : undefined
}

function isExpired(exp: number, now: number): boolean {
  return Math.floor(now) - exp > CLOCK_SKEW_S
}

function refuse(reason: TicketRefusal): TicketVerdict {
  return { valid: false, reason }
}

/** Compares two texts of 43 ASCII characters in constant time. */
function isSameText(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'))
}

/** Options of `createTicketVerifier`. */
export interface TicketVerifierOptions {
  /** The trusted HMAC keys. */
  readonly keys: HmacKeys
  /** The names of the service. Default: any name. */
  readonly audience?: readonly string[] | undefined
  /** The time at which the verifier was created, in seconds since the epoch. Default: now. */
  readonly started?: number | undefined
  /** The maximum number of nonces that the verifier remembers. Default: 65,536. */
  readonly capacity?: number | undefined
}

/** Headers of a request, and the time at which they are judged, in seconds since the epoch. */
export interface TicketRequest {
  readonly info: string | null | undefined
  readonly hmac: string | null | undefined
  readonly ticket: string | null | undefined
  /** Default: the current time. */
  readonly now?: number | undefined
}

/**
 * Creates a function that judges the tickets of requests, and remembers the nonces of the tickets that it accepts. The
 * function never throws for any header value. For a missing ticket, the reason is `malformed`. If no key has signed the
 * pair of headers, the reason is `other-key`.
 *
 * @throws TypeError if a key is not a non-empty, well-formed string
 */
export function createTicketVerifier({
  keys,
  audience = [],
  started = dateNow() / 1_000,
  capacity = MAX_NONCES,
}: TicketVerifierOptions): (request: TicketRequest) => TicketVerdict {
  const secrets = listKeys(keys).map(toSecretKey)
  const rules = { audience: toAudience(audience), started, nonces: createNonceStore(capacity) }
  return ({ info, hmac, ticket, now = dateNow() / 1_000 }) => {
    const text = toText(info)
    const digits = readHmac(toText(hmac))
    const key = digits === undefined ? undefined : findSigningKey(secrets, text, digits)
    return judgeTicket(toText(ticket), text, key, rules, now)
  }
}

/** Returns a header's value. Treats a header that is missing or not a string as empty. */
function toText(header: unknown): string {
  return typeof header === 'string' ? header : ''
}

/** Converts the names of a service to the form that tickets use. */
export function toAudience(names: readonly string[]): readonly string[] {
  return names
    .map(name =>
      name
        .trim()
        .toLowerCase()
        .replace(/^\[(.*)\]$/, '$1'),
    )
    .filter(name => name !== '')
}
