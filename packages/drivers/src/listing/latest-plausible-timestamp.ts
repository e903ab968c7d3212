import { Date, dateNow } from '@osprofiler/core/platform'

const DAY_MS = 86_400_000

/**
 * Returns the timestamp one day from now. The clocks of two machines differ by less than a day, so a later timestamp
 * must be wrong. Without this limit, a trace with such a timestamp would stay at the top of every list.
 */
export function getLatestPlausibleTimestamp(): string {
  return `${new Date(dateNow() + DAY_MS).toISOString().slice(0, -1)}000`
}
