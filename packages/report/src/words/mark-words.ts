import type { Mark } from '../tree/report.js'

/** For each mark, the end of a sentence about a point with this mark. Findings about marks are in this order. */
export const MARK_WORDS: Readonly<Record<Mark, string>> = {
  unfinished: 'has a start but no stop, so its end is unknown',
  'no-start': 'has a stop but no start',
  'stop-before-start': 'stopped before it started',
  'bad-time': 'has a timestamp that cannot be read',
  malformed: 'has a record with a missing or invalid field',
  'no-id': 'has a record without an id, so the id shown here is made up',
  orphan: 'has a parent that is not in this trace',
  'self-parent': 'names itself as its parent',
  cycle: 'is part of a cycle of parents',
  duplicate: 'has a record that arrived more than once',
  'several-starts': 'has several starts',
  'several-stops': 'has several stops',
  mixed: 'has records that contradict one another',
  'other-trace': 'belongs to another trace',
}
