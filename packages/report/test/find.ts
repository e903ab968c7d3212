import { buildReport, type Finding, type Report, summarize } from '@osprofiler/report'
import { makeTrace, type Point, served } from './make-trace.js'

/** Returns the report of a trace with these points. */
export function reportOf(...points: readonly Point[]): Report {
  return buildReport(makeTrace(...points))
}

/** Returns the findings of one kind in a trace. */
export function find(kind: Finding['kind'], ...points: readonly Point[]): Finding[] {
  return summarize(reportOf(...points)).filter(finding => finding.kind === kind)
}

/** Returns the sentences of the findings of one kind. */
export function sentences(kind: Finding['kind'], ...points: readonly Point[]): string[] {
  return find(kind, ...points).map(({ sentence }) => sentence)
}

/** Returns a request of 100 ms that contains the steps. */
export function request(...steps: readonly Point[]): Point[] {
  return [
    { id: 'request', service: 'orders', ...served('/orders'), from: 0, to: 100_000 },
    ...steps.map(step => ({ parent: 'request', service: 'orders', ...step })),
  ]
}

/** Returns `count` steps, which `each` creates. */
export function loop(count: number, each: (index: number) => Omit<Point, 'id'>): Point[] {
  return Array.from({ length: count }, (_, index) => ({ id: `step-${index}`, ...each(index) }))
}
