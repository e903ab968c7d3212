import type { HostClock } from '../clocks/clock-skew.js'
import { createClockFinder } from '../clocks/find-clock.js'
import { formatDuration } from '../words/format-duration.js'
import type { Evidence } from './evidence.js'
import { createFinding, type Finding } from './finding.js'
import { shorten } from './phrases.js'

/** Reports which clocks differ from the first host's clock, and which give contradictory times. */
export function skewFindings({ report, clocks, isShownCorrected, limit }: Evidence): Finding[] {
  const clockOf = createClockFinder(clocks)
  return clocks
    .filter(({ offsetUs, contradictory }) => offsetUs !== 0 || contradictory)
    .sort((a, b) => Math.abs(b.offsetUs) - Math.abs(a.offsetUs))
    .slice(0, limit)
    .map(clock => {
      const nodes = report.points.filter(node => clockOf(node) === clock)
      return createFinding('skew', nodes, describeSkew(clock, clocks[0], isShownCorrected))
    })
}

function describeSkew(clock: HostClock, first: HostClock | undefined, isShownCorrected: boolean): string {
  const who = `The clock of ${nameClock(clock)}`
  const { offsetUs, boundUs, contradictory } = clock
  if (offsetUs === 0) return `${who} was set during this trace, or drifts: its times contradict those of other hosts`
  const us = formatDuration(Math.abs(offsetUs))
  const bound = boundUs === undefined ? 'at least' : `± ${formatDuration(boundUs)}`
  const how = `${us} ${offsetUs > 0 ? 'behind' : 'ahead of'} that of ${first === undefined ? 'the first' : nameClock(first).replace(/^host /, '')} (${bound})`
  const more = contradictory
    ? ', but some of them contradict this offset: the clock was set during this trace, or drifts'
    : ''
  return `${who} is ${how}: its times are ${isShownCorrected ? 'corrected here' : 'shown here as recorded'}${more}`
}

function nameClock({ host, service }: HostClock): string {
  return service === undefined ? `host ${shorten(host)}` : `${shorten(service)} on host ${shorten(host)}`
}
