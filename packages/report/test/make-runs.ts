import { buildReport, type Report } from '@osprofiler/report'
import { makeTrace, type Point, query, served } from './make-trace.js'

/** A request that makes a query; all times in microseconds. */
export function request(queryUs: number, ...more: readonly Point[]): Report {
  return buildReport(
    makeTrace(
      { id: 'a', service: 'orders', ...served('/orders/7'), from: 0, to: 10_000 + queryUs },
      { id: 'b', parent: 'a', service: 'orders', ...query('SELECT 1'), from: 5000, to: 5000 + queryUs },
      ...more,
    ),
  )
}

/** Runs whose query takes around so long, by up to so much more or less. */
export function runs(queryUs: number, jitterUs: number, count = 20): Report[] {
  return Array.from({ length: count }, (_, index) => request(Math.round(queryUs + jitterUs * Math.sin(index * 2.4))))
}
