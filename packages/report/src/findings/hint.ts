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
/** A process knows only a few libraries, but a record may list anything. */
const MAX_READ_NAMES = 20
/** The smallest share of the trace without an explanation that is worth a hint. */
const MIN_SHARE = 0.2

/**
 * Says what may be missing where a served request spent much time itself, and how to record it. A trace has at most one
 * hint, about the first such finding.
 */
export function hintFindings({ report, isLossy, quote }: Evidence, findings: readonly Finding[]): Finding[] {
  const unexplained = findings
    .filter(({ kind, share = 0 }) => (kind === 'slow' || kind === 'gap') && share >= MIN_SHARE)
    .map(({ traceIds: [id] }) => id)
  if (unexplained.length === 0) return []
  const nodes = new Map(report.points.map(node => [node.traceId, node]))
  // Missing points are a better explanation, and their own finding says so.
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

/** Returns whether the service has answered with what it can tell: a refusal, or as much as it allows. */
function hasAnswered(report: Report, { traceId }: ReportNode): boolean {
  const { accounts, refusals } = readAccounts(report)
  const isFull = ({ level, asked }: Account): boolean => level === 'cpu' || asked !== undefined
  return [...refusals, ...accounts.filter(isFull)].some(({ servedId }) => servedId === traceId)
}

/** Only services that count their points make accounts. */
function countsPoints({ stop }: ReportNode): boolean {
  return isContainer(readField(stop, 'info', 'points'))
}

/** If the service records layers of its framework, they show most of what the framework does. */
function describeSteps({ points }: Report, { service }: ReportNode): string {
  const hasLayers = points.some(point => point.service === service && isLayer(point))
  return hasLayers
    ? 'put withTrace() around its steps, and around calls of libraries that have no instrument'
    : "put withTrace() around its steps, or record its framework's layers (instruments: ['+express'], +koa or +fastify)"
}

/** Returns `pg and mysql2`: the libraries that the points name in `info.unrecorded`. */
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
