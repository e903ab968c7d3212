import { Date, dateNow } from '@osprofiler/core/platform'

const DAY_MS = 86_400_000

/**
 * Returns the time in a day. Clocks differ by less: a later timestamp is made up, and would lead every list forever.
 */
export function getLatestPlausibleTimestamp(): string {
  return `${new Date(dateNow() + DAY_MS).toISOString().slice(0, -1)}000`
}
