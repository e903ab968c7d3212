import type { HeaderRefusal } from '../keys/signed-headers.js'

/** Why what carries a trace is served untraced. */
export type RefusalReason = 'disabled' | 'no-keys' | 'missing-header' | HeaderRefusal | 'too-old' | 'rate-limited'
