import { measurePairs } from '../measure-pairs.js'

const SCRIPT = 'store/to-the-end.js'

/** One point of a service until its two records stand in SQLite, and without a store. Returns lines of the summary. */
export function runOneDelivery(effort) {
  return measurePairs(
    [
      {
        title: 'a point into SQLite, to the end',
        own: [SCRIPT, 'sqlite'],
        besideTitle: 'two statements and their JSON alone',
        beside: [SCRIPT, 'statement'],
      },
      { title: 'the same point, into a driver that counts', own: [SCRIPT, 'count'] },
    ],
    effort,
  )
}
