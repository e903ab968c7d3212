import { isKeysFileBlank } from '../keys/keys-file.js'
import { process } from '../platform/platform.js'
import { createRateLimitedWarning, type RateLimitedWarning } from '../platform/rate-limited-warning.js'
import { shared } from '../platform/shared-state.js'
import type { RefusalReason } from './refusal-reason.js'

// The whole process shares one limit, because each of its adapters refuses the same caller.
const warnRarely: RateLimitedWarning = (...warning) => shared('refusal-warning', createRateLimitedWarning)(...warning)

/** Explains each refusal and says where to look. A service that is switched off does not warn. */
const EXPLAINED: Readonly<Record<Exclude<RefusalReason, 'disabled' | 'no-keys'>, string>> = {
  'missing-header': 'One of X-Trace-Info and X-Trace-HMAC has arrived alone. Does a proxy remove the other one?',
  'malformed-hmac': 'The X-Trace-HMAC is not made of 40 lower-case hex digits.',
  'unknown-key': 'No key of this process has signed it. Compare the keys of both sides, such as OSPROFILER_HMAC_KEYS.',
  'malformed-info': 'The signature is right, and the X-Trace-Info is not the text of a trace.',
  'too-old': 'Sign anew, and compare the clocks of both sides.',
  'rate-limited': 'More traces come than maxTracesPerSecond allows.',
}

/** Warns that a signed request or message is untraced, once a minute per reason. `detail` must not quote the caller. */
export function warnOfRefusal(reason: RefusalReason, detail?: string): void {
  if (reason === 'disabled') return
  if (reason === 'no-keys') return warnOfNoKeys()
  warnRarely(reason, 'OSPROFILER_REFUSED', heldBack => {
    const more = heldBack === 0 ? '' : ` The same has happened ${heldBack} times since the last warning.`
    const known = detail === undefined ? '' : `${detail} `
    return `A signed request or message is served untraced (${reason}). ${known}${EXPLAINED[reason]}${more}`
  })
}

/** Warns that nothing can be traced here. Signed requests repeat the warning, at most once a minute. */
export function warnOfNoKeys(): void {
  const file = process.env.OSPROFILER_HMAC_KEYS_FILE
  // An emptied file revokes all keys on purpose. A file that cannot be read has a warning of its own.
  if (file && !isKeysFileBlank()) return
  warnRarely('no-keys', 'OSPROFILER_NO_KEYS', () => `${file ? NO_KEY_IN_FILE : NO_KEY} ${SWITCHED_OFF}`)
}

const NO_KEY =
  'Nothing can be traced, since there is no HMAC key. Set OSPROFILER_HMAC_KEYS or OSPROFILER_HMAC_KEYS_FILE, or give hmacKeys ' +
  'to setup() or to the middleware.'
const NO_KEY_IN_FILE =
  'Nothing can be traced, since the file that OSPROFILER_HMAC_KEYS_FILE names holds no HMAC key. Write a key into the file; ' +
  'no restart is needed.'
const SWITCHED_OFF = 'OSPROFILER_ENABLED=false, or enabled: false, switches tracing and this warning off.'
