import { measurePairs } from '../measure-pairs.js'

const SPAN = 'a span of OpenTelemetry'
const [OURS, THEIRS] = ['points/ours.js', 'points/opentelemetry.js']

/** Measures one point and one span, each including its queue. Returns lines of the summary. */
export function runOnePoint(effort) {
  return measurePairs(
    [
      { title: 'a point, `withTrace()`', own: [OURS, 'withTrace'], besideTitle: SPAN, beside: [THEIRS, 'active'] },
      {
        title: 'a point of an async function',
        own: [OURS, 'withTraceAsync'],
        besideTitle: SPAN,
        beside: [THEIRS, 'activeAsync'],
      },
    ],
    effort,
  )
}
