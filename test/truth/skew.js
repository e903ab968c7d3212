import { buildReport, correctSkew } from '@osprofiler/report'

const MAX_SKEW_MS = 60_000
// A response may reach its caller slightly before its server knows that the response was sent.
const TOLERANCE_US = 15_000

/**
 * Changes the backend's clock, and returns the times in the report that are impossible. For example, the backend serves
 * a call before the call begins, or after it has ended.
 */
export function compareSkewed({ plan }, records) {
  const skewed = skewBackend(records, ((plan.n * 7919) % (2 * MAX_SKEW_MS)) - MAX_SKEW_MS)
  const { points } = correctSkew(buildReport(skewed))
  const known = new Map(points.map(point => [point.traceId, point]))
  return points.flatMap(served => {
    const call = known.get(served.parentId)
    if (served.host !== 'backend' || call === undefined || call.name !== 'http' || call.finishedUs === undefined)
      return []
    if (served.startedUs < call.startedUs - TOLERANCE_US)
      return [`request ${plan.n}: in the report, ${served.start.info.request.path} is served before it is requested`]
    // An aborted call may be served at any later time.
    if (call.exception === undefined && served.startedUs > call.finishedUs + TOLERANCE_US)
      return [`request ${plan.n}: in the report, ${served.start.info.request.path} is served after its answer`]
    return []
  })
}

/**
 * Returns the same records, except that the backend's records come from a host whose clock is `aheadMs` milliseconds
 * ahead.
 */
function skewBackend(records, aheadMs) {
  const parents = new Map(records.map(record => [record.trace_id, record.parent_id]))
  const served = new Map(
    records.filter(({ name }) => name === 'wsgi-start').map(({ trace_id: id, info }) => [id, info.request.path]),
  )
  const isOfBackend = id => {
    for (let at = id; at !== undefined; at = parents.get(at)) {
      // A message consumer belongs to the front service, even if the backend published the message.
      if (consumers.has(at)) return false
      if (served.has(at)) return served.get(at).startsWith('/call/')
    }
    return false
  }
  const consumers = new Set(
    records
      .filter(({ name, info }) => name === 'rpc-start' && info.function.name.startsWith('consume'))
      .map(record => record.trace_id),
  )
  return records.map(record => {
    if (!isOfBackend(record.trace_id)) return { ...record, info: { ...record.info, host: 'front' } }
    const moved = new Date(Date.parse(`${record.timestamp.slice(0, 23)}Z`) + aheadMs).toISOString().slice(0, 23)
    const timestamp = moved + record.timestamp.slice(23)
    return { ...record, timestamp, service: 'backend', info: { ...record.info, host: 'backend' } }
  })
}
