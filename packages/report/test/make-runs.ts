import { buildReport, type Report } from '@osprofiler/report'
import { makeTrace, type Point, query, served } from './make-trace.js'

/** Returns the report of a request that makes a query. All times are in microseconds. */
export function request(queryUs: number, ...more: readonly Point[]): Report {
  return buildReport(
    makeTrace(
      { id: 'a', service: 'orders', ...served('/orders/7'), from: 0, to: 10_000 + queryUs },
      { id: 'b', parent: 'a', service: 'orders', ...query('SELECT 1'), from: 5000, to: 5000 + queryUs },
      ...more,
    ),
  )
}

/** Returns reports whose query takes `queryUs`, plus or minus up to `jitterUs`. */
export function runs(queryUs: number, jitterUs: number, count = 20): Report[] {
  return Array.from({ length: count }, (_, index) => request(Math.round(queryUs + jitterUs * Math.sin(index * 2.4))))
}
