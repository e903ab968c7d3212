import { measurePairs } from '../measure-pairs.js'

const SCRIPT = 'store/to-the-end.js'

/**
 * Measures one point until its two records are in SQLite, and one point without a store. Returns lines of the summary.
 */
export function runOneDelivery(effort) {
  return measurePairs(
    [
      {
        title: 'a point until it is in SQLite',
        own: [SCRIPT, 'sqlite'],
        besideTitle: 'only two statements and their JSON',
        beside: [SCRIPT, 'statement'],
      },
      { title: 'the same point, into a counting driver', own: [SCRIPT, 'count'] },
    ],
    effort,
  )
}
