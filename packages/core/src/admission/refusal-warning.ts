import { isKeysFileBlank } from '../keys/keys-file.js'
import { process } from '../platform/platform.js'
import { createRateLimitedWarning, type RateLimitedWarning } from '../platform/rate-limited-warning.js'
import { shared } from '../platform/shared-state.js'
import type { RefusalReason } from './refusal-reason.js'

// All adapters of the process share one limit, because they often refuse requests from the same caller.
const warnRarely: RateLimitedWarning = (...warning) => shared('refusal-warning', createRateLimitedWarning)(...warning)

/**
 * The warning for each reason: it explains the refusal and names what to check. The reason `disabled` causes no
 * warning. The warning for `no-keys` is in `warnOfNoKeys`.
 */
const EXPLANATIONS: Readonly<Record<Exclude<RefusalReason, 'disabled' | 'no-keys'>, string>> = {
  'missing-header': 'Only one of X-Trace-Info and X-Trace-HMAC arrived. Check whether a proxy removes the other one.',
  'malformed-hmac': 'X-Trace-HMAC must have 40 lower-case hex digits.',
  'unknown-key':
    'The signature matches no key of this process. Compare the keys of both sides, such as OSPROFILER_HMAC_KEYS.',
  'malformed-info': 'The signature is valid, but X-Trace-Info does not describe a trace.',
  'no-ticket': 'It has no X-Trace-Ticket, and this service requires one. Check whether a proxy removes the header.',
  'ticket-refused': 'This service requires a valid ticket. Sign each request again.',
  'too-old': 'Sign the request again, and compare the clocks of both sides.',
  'rate-limited': 'More traces arrive than maxTracesPerSecond allows.',
}

/**
 * Warns, at most once a minute per reason, that a signed request or message is untraced. `detail` must not quote
 * anything that the caller sent.
 */
export function warnOfRefusal(reason: RefusalReason, detail?: string): void {
  if (reason === 'disabled') return
  if (reason === 'no-keys') return warnOfNoKeys()
  warnRarely(reason, 'OSPROFILER_REFUSED', heldBack => {
    const repeats = heldBack === 0 ? '' : ` The same has happened ${heldBack} times since the last warning.`
    const shownDetail = detail === undefined ? '' : `${detail} `
    return `A signed request or message is served untraced (${reason}). ${shownDetail}${EXPLANATIONS[reason]}${repeats}`
  })
}

/**
 * Warns that this process can trace nothing, because it has no keys. The warning is repeated for signed requests, at
 * most once a minute.
 */
export function warnOfNoKeys(): void {
  const file = process.env.OSPROFILER_HMAC_KEYS_FILE
  // If an operator has emptied the keys file, no warning is needed, because an empty file revokes all keys on purpose.
  // A keys file that cannot be read has a separate warning.
  if (file && !isKeysFileBlank()) return
  warnRarely(
    'no-keys',
    'OSPROFILER_NO_KEYS',
    () => `${file ? EMPTY_KEYS_FILE_MESSAGE : NO_KEY_MESSAGE} ${HOW_TO_DISABLE}`,
  )
}

const NO_KEY_MESSAGE =
  'Nothing can be traced, since there is no HMAC key. Set OSPROFILER_HMAC_KEYS or OSPROFILER_HMAC_KEYS_FILE, or give hmacKeys ' +
  'to setup() or to the middleware.'
const EMPTY_KEYS_FILE_MESSAGE =
  'Nothing can be traced, since the file that OSPROFILER_HMAC_KEYS_FILE names contains no HMAC key. Write a key into the file; ' +
  'no restart is needed.'
const HOW_TO_DISABLE = 'OSPROFILER_ENABLED=false, or enabled: false, switches tracing and this warning off.'
