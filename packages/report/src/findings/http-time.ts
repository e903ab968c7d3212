import { findReceivedBodies, findSentBodies } from '../analysis/http/bodies.js'
import { findOpenedConnections, readConnectUs } from '../analysis/http/connections.js'
import type { Report, ReportNode } from '../tree/report.js'
import { describeConnections, describeReceivedBody, describeSentBody } from './http-sentences.js'
import type { Quote } from './phrases.js'
import type { TimeFinding } from './time-sentences.js'

/**
 * The smallest share of the trace's duration that is worth a finding about connections, if no connection could have
 * been reused.
 */
const MIN_CONNECTING_SHARE = 0.1
/** A shorter time is not reported, because it may only mean that the machine was busy. */
const MIN_CONNECTING_US = 5_000
/** If connecting takes at least this share of the time of some points, no other finding reports that time. */
const MIN_EXPLAINED_SHARE = 0.5

/** Creates the findings about connections that requests opened, except for requests in `tries` (reported retries). */
export function describeOpenedConnections(
  { durationUs = 0 }: Report,
  outgoing: readonly ReportNode[],
  tries: ReadonlySet<ReportNode>,
): TimeFinding[] {
  const minUs = durationUs * MIN_CONNECTING_SHARE
  return findOpenedConnections(outgoing, tries)
    .filter(({ totalUs, isReuseMissing }) => totalUs >= MIN_CONNECTING_US && (isReuseMissing || totalUs >= minUs))
    .map(describeConnections)
}

/** Creates a function that tests whether opening connections explains most of the time `us` that points took. */
export function createConnectingTest(
  reported: readonly TimeFinding[],
): (nodes: readonly ReportNode[], us: number) => boolean {
  const connecting = new Set(reported.flatMap(({ nodes }) => nodes))
  return (nodes, us) => {
    if (!nodes.every(node => connecting.has(node))) return false
    return nodes.reduce((sum, node) => sum + readConnectUs(node), 0) >= us * MIN_EXPLAINED_SHARE
  }
}

/** Creates the findings about response bodies, except for points in `reported`, which already have a finding. */
export function describeBodies(
  report: Report,
  outgoing: readonly ReportNode[],
  reported: ReadonlySet<ReportNode>,
  quote: Quote,
): TimeFinding[] {
  return [
    ...findReceivedBodies(report, outgoing).map(body => describeReceivedBody(body, quote)),
    ...findSentBodies(report).map(body => describeSentBody(body, quote)),
  ].filter(({ nodes }) => nodes.every(node => !reported.has(node)))
}
