import { isServed } from '../analysis/calls/service-calls.js'
import type { Account } from '../tree/account.js'
import { readAccounts } from '../tree/read-account.js'
import { isContainer, readField } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { isLayer } from '../words/point-label.js'
import type { Evidence } from './evidence.js'
import { createFinding, type Finding } from './finding.js'
import { shorten } from './phrases.js'

const MAX_LIBRARIES = 3
/** A process lists only a few libraries, but an untrusted record may list any number of names. */
const MAX_READ_NAMES = 20
/** The smallest unexplained share of the trace that is worth a hint. */
const MIN_SHARE = 0.2

/**
 * If a served request has much self time that no record explains, suggests what to record. A trace has at most one
 * hint, about the first such request.
 */
export function hintFindings({ report, isLossy, quote }: Evidence, findings: readonly Finding[]): Finding[] {
  const unexplained = findings
    .filter(({ kind, share = 0 }) => (kind === 'slow' || kind === 'gap') && share >= MIN_SHARE)
    .map(({ traceIds: [id] }) => id)
  if (unexplained.length === 0) return []
  const nodes = new Map(report.points.map(node => [node.traceId, node]))
  // If points are missing, another finding reports this, and the missing points probably took the time.
  const node = unexplained
    .map(id => nodes.get(id ?? ''))
    .find(found => found !== undefined && isServed(found) && !isLossy(found))
  if (node === undefined || hasAnswered(report, node)) return []
  const libraries = listUnrecordedLibraries(report.points.filter(({ service }) => service === node.service))
  const advice =
    libraries !== ''
      ? `: perhaps it made queries with ${libraries}, which are not recorded: set OSPROFILER_TRACE_SQL=statements`
      : countsPoints(node)
        ? '. Ask why: osprofiler run ... --why=cpu (the service must allow it: OSPROFILER_WHY=cpu)'
        : `: ${describeSteps(report, node)}`
  return [createFinding('hint', [node], `No record says what ${quote([node])} did in its own time${advice}`)]
}

/**
 * Returns whether it would be useless to ask the service for an account again. This is the case if the service refused
 * to make an account, or already recorded as much as it allows.
 */
function hasAnswered(report: Report, { traceId }: ReportNode): boolean {
  const { accounts, refusals } = readAccounts(report)
  const isFull = ({ level, asked }: Account): boolean => level === 'cpu' || asked !== undefined
  return [...refusals, ...accounts.filter(isFull)].some(({ servedId }) => servedId === traceId)
}

/** Returns whether the service counts its points. Only such services make accounts. */
function countsPoints({ stop }: ReportNode): boolean {
  return isContainer(readField(stop, 'info', 'points'))
}

/**
 * Suggests how to record a service's steps. Does not suggest to record the framework's layers if they are recorded
 * already.
 */
function describeSteps({ points }: Report, { service }: ReportNode): string {
  const hasLayers = points.some(point => point.service === service && isLayer(point))
  return hasLayers
    ? 'put withTrace() around its steps, and around calls of libraries that have no instrument'
    : "put withTrace() around its steps, or record its framework's layers (instruments: ['+express'], +koa or +fastify)"
}

/** Returns a text such as `pg and mysql2`: the libraries that the points name in `info.unrecorded`. */
function listUnrecordedLibraries(nodes: readonly ReportNode[]): string {
  const names = new Set<string>()
  for (const { stop } of nodes) {
    const listed = readField(stop, 'info', 'unrecorded')
    if (!Array.isArray(listed)) continue
    for (const name of listed.slice(0, MAX_READ_NAMES)) {
      if (typeof name === 'string' && name !== '' && names.size < MAX_LIBRARIES) names.add(shorten(name))
    }
  }
  return [...names].join(' and ')
}
