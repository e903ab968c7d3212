import { Date, dateNow } from '@osprofiler/core/platform'

const DAY_MS = 86_400_000

/**
 * The timestamp up to which a record is believed: a day from now. Clocks differ by less. A later one was made up, and
 * would stand on top of every list for ever.
 */
export function latestBelievedTime(): string {
  return `${new Date(dateNow() + DAY_MS).toISOString().slice(0, -1)}000`
}
