import type { KeyObject } from 'node:crypto'
import { Array, Buffer, Math, Number, randomFillSync, Set, TypeError } from '../platform/platform.js'
import { ticketKeyOf, ticketMac } from './ticket-key.js'
import { areWishes, isAudience, isNonce, MAX_LIFETIME_S, MAX_TICKET_CHARS, MAX_TICKET_POINTS } from './ticket-text.js'

/** Input of `signTicket`. Times are in seconds since the epoch. Fractions are dropped. */
export interface TicketFields {
  /** The key that signs the `X-Trace-HMAC` of the same request. */
  readonly key: KeyObject | string
  /** The text of `X-Trace-Info`. */
  readonly info: string
  /** The time of issue. */
  readonly iat: number
  /** The time of expiry, 1 to 300 seconds after `iat`. */
  readonly exp: number
  /** 22 characters of base64url. Default: 16 random bytes. */
  readonly nonce?: string | undefined
  /** The host that the request is sent to, in lower case. Default: an empty string, for any host. */
  readonly aud?: string | undefined
  /** The maximum number of points that one process may record: 1 to 1,000,000. */
  readonly points: number
  /** At most eight wishes, which are options such as `code`. Default: none. */
  readonly wants?: readonly string[] | undefined
}

const MAX_TIME_S = 999_999_999_999
const NONCE_BYTES = 16

/**
 * Returns the text of an `X-Trace-Ticket`. If the ticket would be too long, drops wishes from the end of the list.
 *
 * @throws TypeError if a field is not valid in a ticket
 */
export function signTicket({ key, info, iat, exp, nonce = newNonce(), aud = '', points, wants = [] }: TicketFields) {
  check(key !== '', 'signTicket() needs a key to sign with')
  const issued = Math.floor(iat)
  const expires = Math.floor(exp)
  const lifetime = expires - issued
  check(issued >= 0 && expires <= MAX_TIME_S && lifetime >= 1 && lifetime <= MAX_LIFETIME_S, LIFETIME)
  check(isNonce(nonce), 'The nonce of a ticket has 22 characters of base64url')
  check(
    typeof aud === 'string' && isAudience(aud),
    'The audience of a ticket is a host in lower case, without brackets',
  )
  check(Number.isInteger(points) && points >= 1 && points <= MAX_TICKET_POINTS, 'A ticket grants 1 to 1,000,000 points')
  check(Array.isArray(wants), 'The wishes of a ticket are a list')
  const wishes = [...new Set(wants)]
  check(areWishes(wishes), 'A ticket contains at most eight wishes of [a-z0-9@=._-], such as "answer"')
  const ticketKey = ticketKeyOf(key)
  const start = `1;${ticketKey.kid};${issued};${expires};${nonce};${aud};${points};`
  while (start.length + wishes.join(',').length + MAC_CHARS > MAX_TICKET_CHARS) wishes.pop()
  const head = start + wishes.join(',')
  return `${head};${ticketMac(ticketKey, info, head)}`
}

const LIFETIME = `A ticket must expire 1 to ${MAX_LIFETIME_S} seconds after its issue, and times are in seconds since the epoch`
/** The length of the separator and the signature at the end of a ticket. */
const MAC_CHARS = 44

function newNonce(): string {
  return randomFillSync(Buffer.alloc(NONCE_BYTES)).toString('base64url')
}

function check(isRight: boolean, message: string): void {
  if (!isRight) throw new TypeError(`${message}.`)
}
