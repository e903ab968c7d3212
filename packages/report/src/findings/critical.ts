import { formatCount, formatShare } from '../words/format-duration.js'
import type { Evidence } from './evidence.js'
import { createFinding, type Finding } from './finding.js'
import { shorten } from './phrases.js'

const MAX_SERVICES = 4
const MIN_UNRECORDED_SHARE = 0.1

/**
 * Reports how the critical path divides among services. Returns an empty list if there is only one service and little
 * time is unrecorded.
 */
export function criticalFindings({ request: { durationUs }, path }: Evidence): Finding[] {
  const times = new Map<string, number>()
  let unrecordedUs = 0
  for (const { point, fromUs, toUs } of path) {
    if (point === undefined) unrecordedUs += toUs - fromUs
    else times.set(point.service ?? '?', (times.get(point.service ?? '?') ?? 0) + toUs - fromUs)
  }
  if (!durationUs || times.size === 0) return []
  if (times.size === 1 && unrecordedUs / durationUs < MIN_UNRECORDED_SHARE) return []
  const services = [...times].sort(([, a], [, b]) => b - a)
  const parts = services
    .slice(0, MAX_SERVICES)
    .map(([name, us]) => `${formatShare(us / durationUs)} in ${shorten(name)}`)
  const restUs = services.slice(MAX_SERVICES).reduce((sum, [, us]) => sum + us, 0)
  if (restUs > 0) {
    parts.push(`${formatShare(restUs / durationUs)} in ${formatCount(services.length - MAX_SERVICES)} more`)
  }
  if (unrecordedUs > 0) parts.push(`${formatShare(unrecordedUs / durationUs)} unrecorded`)
  const nodes = new Set(path.map(({ point }) => point).filter(point => point !== undefined))
  return [createFinding('critical', [...nodes], `The critical path is ${parts.join(', ')}`)]
}
