import type { KeyObject } from 'node:crypto'
import { toSecretKey } from '../keys/secret-key.js'
import { Buffer, createHmac, createSecretKey, hkdfSync, WeakMap } from '../platform/platform.js'

/** The key that signs tickets. It is derived from one HMAC key. */
export interface TicketKey {
  /** The key's id in a ticket: 8 characters of base64url. */
  readonly kid: string
  readonly secret: KeyObject
}

const KEY_BYTES = 32
const KID_BYTES = 6

// Each ticket key is derived from its HMAC key only once, at the first use.
const ticketKeys = new WeakMap<KeyObject, TicketKey>()

/**
 * Derives the ticket key from an HMAC key. Tickets are signed with SHA-256 and this derived key. The HMAC key itself
 * signs only with SHA-1.
 */
export function ticketKeyOf(key: KeyObject | string): TicketKey {
  const master = typeof key === 'string' ? toSecretKey(key) : key
  const known = ticketKeys.get(master)
  if (known !== undefined) return known
  const secret = createSecretKey(Buffer.from(hkdfSync('sha256', master, '', 'osprofiler ticket v1', KEY_BYTES)))
  const id = createHmac('sha256', secret).update('kid').digest().subarray(0, KID_BYTES)
  const derived = { kid: id.toString('base64url'), secret }
  ticketKeys.set(master, derived)
  return derived
}

/**
 * Returns the signature of a ticket's head: 43 characters of base64url. The signature also covers the `X-Trace-Info`,
 * so the ticket is valid only together with this header.
 */
export function ticketMac({ secret }: TicketKey, info: string, head: string): string {
  return createHmac('sha256', secret).update(`osprofiler-ticket-v1\n${info}\n${head}`, 'utf8').digest('base64url')
}
