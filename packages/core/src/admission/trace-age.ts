import { Number } from '../platform/platform.js'

// A UUID may be in braces or follow a prefix: `urn:uuid:`, or `req-` as in the request ids of OpenStack.
const UUID_7 = /([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9a-f])/i
// Without dashes, a UUID must be a whole run of hex digits. Otherwise part of any long number could pass for a date.
const PLAIN_UUID_7 = /(?<![0-9a-f])([0-9a-f]{8})([0-9a-f]{4})7[0-9a-f]{3}[89ab][0-9a-f]{15}(?![0-9a-f])/i
const MAX_AHEAD_MS = 60_000

/** Options of a trace gate for the age of a trace, read from a version 7 UUID in its id. */
export interface AgeLimits {
  /** In seconds. */
  readonly maxTraceAge: number
  readonly datedTracesOnly: boolean
}

/** Explains why the age of a trace is refused, without text of its id. Returns `undefined` for an accepted age. */
export function explainAgeRefusal(
  baseId: string,
  { maxTraceAge, datedTracesOnly }: AgeLimits,
  now: number,
): string | undefined {
  // The id is signed, so its date is the signer's, and captured headers expire.
  const date = UUID_7.exec(baseId) ?? PLAIN_UUID_7.exec(baseId)
  if (date === null) return datedTracesOnly ? 'Its trace has no date, but datedTracesOnly requires one.' : undefined
  const ageMs = now - Number.parseInt(`${date[1]}${date[2]}`, 16)
  if (ageMs > maxTraceAge * 1000)
    return `Its trace is ${formatSeconds(ageMs)} s old, and maxTraceAge is ${maxTraceAge} s.`
  return ageMs < -MAX_AHEAD_MS ? `Its trace is ${formatSeconds(-ageMs)} s ahead of the clock here.` : undefined
}

/** Formats seconds, with milliseconds below ten seconds: a trace may exceed a short limit by very little. */
function formatSeconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 3 : 0)
}
