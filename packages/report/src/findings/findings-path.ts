import type { CriticalSegment } from '../analysis/critical-path.js'
import type { HostClock } from '../clocks/clock-skew.js'
import type { CorrectedReport } from '../clocks/correct-skew.js'
import type { Report } from '../tree/report.js'
import { formatCount, formatDuration, formatShare } from '../words/format-duration.js'
import { aboutPoints, type Finding } from './finding.js'
import { shorten } from './finding-words.js'

const MOST_SERVICES = 4
const SMALLEST_NOBODY = 0.1

/** How the critical path divides among services; nothing where there is only one, and it leaves little to nobody. */
export function criticalFindings(report: Report, path: readonly CriticalSegment[]): Finding[] {
  const times = new Map<string, number>()
  let nobodyUs = 0
  for (const { point, fromUs, toUs } of path) {
    if (point === undefined) nobodyUs += toUs - fromUs
    else times.set(point.service ?? '?', (times.get(point.service ?? '?') ?? 0) + toUs - fromUs)
  }
  const { durationUs } = report
  if (!durationUs || times.size === 0) return []
  if (times.size === 1 && nobodyUs / durationUs < SMALLEST_NOBODY) return []
  const services = [...times].sort(([, a], [, b]) => b - a)
  const parts = services.slice(0, MOST_SERVICES).map(([name, us]) => `${shorten(name)} ${formatShare(us / durationUs)}`)
  const restUs = services.slice(MOST_SERVICES).reduce((sum, [, us]) => sum + us, 0)
  if (restUs > 0) {
    parts.push(`${formatCount(services.length - MOST_SERVICES)} more ${formatShare(restUs / durationUs)}`)
  }
  if (nobodyUs > 0) parts.push(`nothing recorded ${formatShare(nobodyUs / durationUs)}`)
  const nodes = new Set(path.map(({ point }) => point).filter(point => point !== undefined))
  return [aboutPoints('critical', [...nodes], `The critical path is ${parts.join(', ')}`)]
}

/**
 * The clocks that differ from that of the trace's first host.
 *
 * @param isShownCorrected whether the reader sees corrected times
 */
export function skewFindings(report: CorrectedReport, isShownCorrected: boolean, limit: number): Finding[] {
  return report.clocks
    .filter(({ offsetUs, contradictory }) => offsetUs !== 0 || contradictory)
    .sort((a, b) => Math.abs(b.offsetUs) - Math.abs(a.offsetUs))
    .slice(0, limit)
    .map(clock => {
      const nodes = report.points.filter(
        ({ host, service }) => host === clock.host && (clock.service === undefined || service === clock.service),
      )
      return aboutPoints('skew', nodes, skewSentence(clock, report.clocks[0], isShownCorrected))
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
