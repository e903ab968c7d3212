import { Date, dateNow } from '@osprofiler/core/platform'

const DAY_MS = 86_400_000

/**
 * Returns the timestamp one day from now. Clocks differ by less, so a later timestamp is invalid, and its trace would
 * stay at the top of every list.
 */
export function getLatestPlausibleTimestamp(): string {
  return `${new Date(dateNow() + DAY_MS).toISOString().slice(0, -1)}000`
}
