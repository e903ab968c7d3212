import { Number, RegExp, Set } from '../platform/platform.js'

/**
 * The header that makes a signed pair of headers single-use, limits the points of the trace, and contains wishes
 * (options such as `code`).
 */
export const X_TRACE_TICKET = 'X-Trace-Ticket'

/** Maximum length of a ticket, in characters. */
export const MAX_TICKET_CHARS = 512
/** Maximum time between the issue and the expiry of a ticket, in seconds. */
export const MAX_LIFETIME_S = 300
/** Maximum number of points that a ticket can grant. */
export const MAX_TICKET_POINTS = 1_000_000
const MAX_WISHES = 8

/** The fields of a ticket. Times are whole seconds since the epoch. */
export interface Ticket {
  /** The id of the key that signed the ticket. */
  readonly kid: string
  /** The time of issue. */
  readonly iat: number
  /** The time of expiry. */
  readonly exp: number
  /** 16 random bytes in base64url. */
  readonly nonce: string
  /** The host that the request is sent to, or an empty string for any host. */
  readonly aud: string
  /** The maximum number of points that one process may record. */
  readonly points: number
  /** The wishes without duplicates, in order of first occurrence. */
  readonly wants: readonly string[]
  /** The signature in base64url. */
  readonly mac: string
  /** The signed part: everything before the last `;`. */
  readonly head: string
}

const SECONDS = '(0|[1-9][0-9]{0,11})'
const WISH = '[a-z0-9@=._-]{1,64}'
const AUDIENCE = '[a-z0-9.:_-]{0,255}'
const WISHES = `(?:${WISH}(?:,${WISH}){0,${MAX_WISHES - 1}})?`
const BASE64URL = '[A-Za-z0-9_-]'
const HEAD =
  `1;(${BASE64URL}{8});${SECONDS};${SECONDS};(${BASE64URL}{22});(${AUDIENCE});` + `([1-9][0-9]{0,6});(${WISHES})`
const TICKET = new RegExp(`^(${HEAD});(${BASE64URL}{43})$`)
const WHOLE_WISHES = new RegExp(`^${WISHES}$`)
const WHOLE_AUDIENCE = new RegExp(`^${AUDIENCE}$`)
const WHOLE_NONCE = new RegExp(`^${BASE64URL}{22}$`)

/** Parses a ticket. Returns `undefined` if the text does not match the grammar. */
export function parseTicket(text: string): Ticket | undefined {
  if (text.length > MAX_TICKET_CHARS) return undefined
  const match = TICKET.exec(text)
  if (match === null) return undefined
  const [, head = '', kid = '', issued, expires, nonce = '', aud = '', granted, wishes = '', mac = ''] = match
  const iat = Number(issued)
  const exp = Number(expires)
  const points = Number(granted)
  if (exp - iat < 1 || exp - iat > MAX_LIFETIME_S || points > MAX_TICKET_POINTS) return undefined
  return { kid, iat, exp, nonce, aud, points, wants: splitWishes(wishes), mac, head }
}

/** Returns whether a text is valid as a ticket's audience: a host in lower case, or an empty string. */
export function isAudience(text: string): boolean {
  return WHOLE_AUDIENCE.test(text)
}

/** Returns whether a text is valid as a ticket's nonce. */
export function isNonce(text: string): boolean {
  return WHOLE_NONCE.test(text)
}

/** Returns whether the texts are valid as the wishes of one ticket. */
export function areWishes(wants: readonly string[]): boolean {
  return wants.every(wish => wish !== '' && !wish.includes(',')) && WHOLE_WISHES.test(wants.join(','))
}

function splitWishes(wishes: string): readonly string[] {
  return wishes === '' ? [] : [...new Set(wishes.split(','))]
}
