import { readNumber } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import type { MissingPoints } from './counted-requests.js'

/** Returns the number of dropped records that a point's stop reports. */
export function countDroppedRecords(node: ReportNode): number {
  return readCount(node, 'records_dropped')
}

/**
 * Returns the number of omitted points that a point's stop reports. The service counted these points, but did not
 * record them.
 */
export function countOmittedPoints(node: ReportNode): number {
  return readCount(node, 'points_omitted')
}

/**
 * Creates a function that returns whether points may be missing below a point. `dropped` is the number of lost records
 * that no point reports. These records may be from any service.
 */
export function createLossyTest(
  report: Report,
  dropped: number,
  missing: readonly MissingPoints[],
): (node: ReportNode) => boolean {
  const services = new Set(
    report.points
      .filter(node => countDroppedRecords(node) + countOmittedPoints(node) > 0)
      .map(({ service }) => service)
      .concat(missing.map(({ service }) => service)),
  )
  return ({ service }) => dropped > 0 || services.has(service)
}

function readCount({ stop }: ReportNode, member: string): number {
  const count = readNumber(stop, 'info', member) ?? 0
  return Number.isFinite(count) && count > 0 ? count : 0
}
