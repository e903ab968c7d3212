import type { Report } from '@osprofiler/report'
import { joinChunks, recordsOfPoint } from '@osprofiler/report/toolkit'
import type { PageFacts } from '../protocol/page-source.js'
import { embedJson, getBuiltPage, renderPageEnd, renderPageStart } from './built-page.js'
import { selectHeaviestPoints } from './heaviest-points.js'

/** Options of `renderPage`: the title, and the maximum number of points. */
export interface RenderPageOptions {
  /** The document's title. Default: the trace's id. */
  readonly title?: string | undefined
  /**
   * If a trace has more points, the page contains only the heaviest ones (see `selectHeaviestPoints`), and shows a
   * note. Default: 200,000.
   */
  readonly pointLimit?: number | undefined
}

const DEFAULT_POINT_LIMIT = 200_000
/**
 * Maximum number of accounts. Each process makes only one account of a trace, but untrusted records may contain more.
 */
const MAX_ACCOUNTS = 1_000

/**
 * Renders a report as one HTML file that works without a network, with the application, its style and all records.
 * Returns the file in pieces, because the records of a large trace are too long for one string. No part of a record is
 * run or interpreted as markup. The page's content security policy blocks every connection, and every script except the
 * page's own.
 *
 * @throws Error if the page was not built
 *
 * @example
 * for (const chunk of renderPage(buildReport(records))) file.write(chunk)
 */
export function renderPage(report: Report, options: RenderPageOptions = {}): Iterable<string> {
  const page = getBuiltPage()
  const title = options.title ?? `Trace ${report.baseId ?? ''}`.trim()
  const points = selectHeaviestPoints(report.points, options.pointLimit ?? DEFAULT_POINT_LIMIT)
  const facts: PageFacts = { title, points: report.points.length, kept: points.length }
  function* writePage(): Generator<string> {
    yield renderPageStart(page, title)
    yield `<script type="application/json" id="osprofiler-facts">${embedJson(facts)}</script>\n`
    yield '<script type="application/json" id="osprofiler-records">['
    let separator = '\n'
    const accounts = (report.accounts ?? []).slice(0, MAX_ACCOUNTS)
    for (const record of [...points, ...accounts].flatMap(recordsOfPoint)) {
      yield separator + embedJson(record)
      separator = ',\n'
    }
    yield ']</script>\n'
    yield renderPageEnd(page)
  }
  // The result can be iterated more than once.
  return { [Symbol.iterator]: () => joinChunks(writePage()) }
}
