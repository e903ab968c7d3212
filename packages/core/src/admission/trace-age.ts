import { Number } from '../platform/platform.js'

// A UUID may stand in braces or behind a prefix: `urn:uuid:`, or `req-` as OpenStack names requests.
const UUID_7 = /([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9a-f])/i
// Without dashes, it has to be all of a run of digits, or any long number would be taken for a date.
const PLAIN_UUID_7 = /(?<![0-9a-f])([0-9a-f]{8})([0-9a-f]{4})7[0-9a-f]{3}[89ab][0-9a-f]{15}(?![0-9a-f])/i
const MAX_AHEAD_MS = 60_000

/** What is accepted. */
export interface AgeLimits {
  /** In seconds. */
  readonly maxTraceAge: number
  readonly datedTracesOnly: boolean
}

/**
 * Says why a trace is not of an age that is accepted; `undefined` where it is. The id is signed, so its date is the
 * signer's: a captured pair of headers ends to be of use. An id without a date passes, unless only dated ones are wanted.
 * The sentence holds durations alone, and no text of the id.
 */
export function explainAge(
  baseId: string,
  { maxTraceAge, datedTracesOnly }: AgeLimits,
  now: number,
): string | undefined {
  const date = UUID_7.exec(baseId) ?? PLAIN_UUID_7.exec(baseId)
  if (date === null) return datedTracesOnly ? 'Its trace has no date, and datedTracesOnly asks for one.' : undefined
  const age = now - Number.parseInt(`${date[1]}${date[2]}`, 16)
  if (age > maxTraceAge * 1000) return `Its trace is ${toSeconds(age)} s old, and maxTraceAge is ${maxTraceAge} s.`
  return age < -MAX_AHEAD_MS ? `Its trace is ${toSeconds(-age)} s ahead of the clock here.` : undefined
}

/** Below ten seconds with milliseconds: a short limit may be exceeded by little. */
function toSeconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 3 : 0)
}
