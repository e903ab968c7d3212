import { Number } from '../platform/platform.js'

// A UUID may be in braces or follow a prefix, such as `urn:uuid:`, or `req-` in OpenStack's request ids.
const UUID_7 = /([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9a-f])/i
// A UUID without dashes must not be part of a longer run of hex digits. Otherwise any long number could contain a date.
const PLAIN_UUID_7 = /(?<![0-9a-f])([0-9a-f]{8})([0-9a-f]{4})7[0-9a-f]{3}[89ab][0-9a-f]{15}(?![0-9a-f])/i
const MAX_AHEAD_MS = 60_000

/** Options of a trace gate that limit the age of a trace. The age comes from a version 7 UUID in the trace's id. */
export interface AgeLimits {
  /** The maximum age, in seconds. */
  readonly maxTraceAge: number
  readonly datedTracesOnly: boolean
}

/** Explains why the age of a trace is refused, without quoting its id. Returns `undefined` if the age is accepted. */
export function explainAgeRefusal(
  baseId: string,
  { maxTraceAge, datedTracesOnly }: AgeLimits,
  now: number,
): string | undefined {
  // The id is signed, so only the signer can choose the date in the id. The age limit thus makes captured headers
  // expire.
  const date = UUID_7.exec(baseId) ?? PLAIN_UUID_7.exec(baseId)
  if (date === null) return datedTracesOnly ? 'Its trace has no date, but datedTracesOnly requires one.' : undefined
  const ageMs = now - Number.parseInt(`${date[1]}${date[2]}`, 16)
  if (ageMs > maxTraceAge * 1000)
    return `Its trace is ${formatSeconds(ageMs)} s old, and maxTraceAge is ${maxTraceAge} s.`
  return ageMs < -MAX_AHEAD_MS ? `Its trace is ${formatSeconds(-ageMs)} s ahead of this host's clock.` : undefined
}

/**
 * Formats milliseconds as seconds. Below ten seconds, three decimals show by how little a trace exceeded a short limit.
 */
function formatSeconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 3 : 0)
}
