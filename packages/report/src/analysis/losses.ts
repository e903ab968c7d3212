import { readNumber } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'

/** Returns how many records of its trace a service had dropped when a point stopped. */
export function countDroppedRecords(node: ReportNode): number {
  return readCount(node, 'records_dropped')
}

/** Returns how many points below a point a service counted but did not record. */
export function countOmittedPoints(node: ReportNode): number {
  return readCount(node, 'points_omitted')
}

/** Creates a test for points that may lack points below them. `dropped` counts further lost records, of any service. */
export function createLossyTest(report: Report, dropped: number): (node: ReportNode) => boolean {
  const services = new Set(
    report.points
      .filter(node => countDroppedRecords(node) + countOmittedPoints(node) > 0)
      .map(({ service }) => service),
  )
  return ({ service }) => dropped > 0 || services.has(service)
}

function readCount({ stop }: ReportNode, member: string): number {
  const count = readNumber(stop, 'info', member) ?? 0
  return Number.isFinite(count) && count > 0 ? count : 0
}
