import type { HeaderRefusal } from '../keys/signed-headers.js'

/** The reason why a signed request or message is served untraced. */
export type RefusalReason =
  | 'disabled'
  | 'no-keys'
  | 'missing-header'
  | HeaderRefusal
  | 'no-ticket'
  | 'ticket-refused'
  | 'too-old'
  | 'rate-limited'
