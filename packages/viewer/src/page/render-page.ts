import type { Report, ReportNode } from '@osprofiler/report'
import { builtPage, embedJson, pageEnd, pageStart } from './built-page.js'
import { heaviestPoints } from './heaviest-points.js'

export interface RenderPageOptions {
  /** The document's title. Default: the trace's id. */
  readonly title?: string | undefined
  /** Of a larger trace only the heaviest points are in the page, which then says so. Default: 200,000. */
  readonly pointLimit?: number | undefined
}

const POINT_LIMIT = 200_000
const CHUNK_LENGTH = 65_536

/**
 * Renders a report as one HTML file that works with no network: the application, its style and all records are in it.
 * It comes in pieces, because the records of a large trace are more than one string can hold. No record is run or taken
 * for markup, and the page's content security policy refuses every connection and every script but its own.
 *
 * @throws Error when the page was not built
 *
 * @example
 * for (const chunk of renderPage(buildReport(records))) file.write(chunk)
 */
export function renderPage(report: Report, options: RenderPageOptions = {}): Iterable<string> {
  const page = builtPage()
  const title = options.title ?? `Trace ${report.baseId ?? ''}`.trim()
  const points = heaviestPoints(report.points, options.pointLimit ?? POINT_LIMIT)
  const facts = { title, points: report.points.length, kept: points.length }
  return inPieces(function* () {
    yield pageStart(page, title)
    yield `<script type="application/json" id="osprofiler-facts">${embedJson(facts)}</script>\n`
    yield '<script type="application/json" id="osprofiler-records">['
    let separator = '\n'
    for (const record of recordsOf(points)) {
      yield separator + embedJson(record)
      separator = ',\n'
    }
    yield ']</script>\n'
    yield pageEnd(page)
  })
}

function* recordsOf(points: readonly ReportNode[]): Generator<unknown> {
  for (const { start, stop, otherRecords } of points) {
    if (start !== undefined) yield start
    if (stop !== undefined) yield stop
    yield* otherRecords
  }
}

/** Joins what comes into pieces worth a write. */
function inPieces(parts: () => Iterable<string>): Iterable<string> {
  return {
    *[Symbol.iterator]() {
      let piece = ''
      for (const part of parts()) {
        piece += part
        if (piece.length < CHUNK_LENGTH) continue
        yield piece
        piece = ''
      }
      yield piece
    },
  }
}
