import type { HostClock } from '../clocks/clock-skew.js'
import { createClockFinder } from '../clocks/find-clock.js'
import { formatDuration } from '../words/format-duration.js'
import type { Evidence } from './evidence.js'
import { aboutPoints, type Finding } from './finding.js'
import { shorten } from './phrases.js'

/** Says which clocks differ from that of the trace's first host, or contradict themselves. */
export function skewFindings({ report, clocks, isShownCorrected, limit }: Evidence): Finding[] {
  const clockOf = createClockFinder(clocks)
  return clocks
    .filter(({ offsetUs, contradictory }) => offsetUs !== 0 || contradictory)
    .sort((a, b) => Math.abs(b.offsetUs) - Math.abs(a.offsetUs))
    .slice(0, limit)
    .map(clock => {
      const nodes = report.points.filter(node => clockOf(node) === clock)
      return aboutPoints('skew', nodes, skewSentence(clock, clocks[0], isShownCorrected))
    })
}

function skewSentence(clock: HostClock, first: HostClock | undefined, isShownCorrected: boolean): string {
  const who = `The clock of ${nameOf(clock)}`
  const { offsetUs, boundUs, contradictory } = clock
  if (offsetUs === 0) return `${who} was set during this trace, or drifts: its times contradict those of other hosts`
  const us = formatDuration(Math.abs(offsetUs))
  const bound = boundUs === undefined ? 'at least, as far as can be told' : `± ${formatDuration(boundUs)}`
  const how = `${us} ${offsetUs > 0 ? 'behind' : 'ahead of'} that of ${first === undefined ? 'the first' : nameOf(first).replace(/^host /, '')} (${bound})`
  const more = contradictory ? ', and some contradict that: it was set during this trace, or drifts' : ''
  return `${who} is ${how}: its times are ${isShownCorrected ? 'corrected here' : 'shown here as recorded'}${more}`
}

function nameOf({ host, service }: HostClock): string {
  return service === undefined ? `host ${shorten(host)}` : `${shorten(service)} on host ${shorten(host)}`
}
