import {
  correctSkew,
  exportOtlpParts,
  exportPerfetto,
  exportSpeedscope,
  type Report,
  renderDot,
  reportJsonChunks,
} from '@osprofiler/report'
import type { Chunks } from '../output/write-output.js'
import { drawImage } from './draw-image.js'
import type { Output, OutputFormat } from './output-format.js'

/**
 * A report in any format but the tree. What Python writes too, JSON and DOT, has the times as they were recorded; the
 * page corrects them itself, and shows both.
 *
 * @param rawTimes whether exports too have the times as recorded
 * @returns one document, or several: what is sent to a collector is split into requests that the collector takes
 */
export async function formatReport(
  report: Report,
  { format, file }: Output,
  rawTimes: boolean,
): Promise<Iterable<Chunks>> {
  if (format === 'otlp') return exportOtlpParts(timed(report, rawTimes))
  return [await formatWhole(report, format, file, rawTimes)]
}

async function formatWhole(
  report: Report,
  format: Exclude<OutputFormat, 'otlp'>,
  file: string | undefined,
  rawTimes: boolean,
): Promise<Chunks> {
  // As Python's: its print() ends the line, its file does not.
  const end = file === undefined ? '\n' : ''
  switch (format) {
    case 'json':
      return followedBy(reportJsonChunks(report), end)
    case 'dot':
      return [renderDot(report), end]
    case 'svg':
    case 'png':
      return [await drawImage(renderDot(report), format)]
    case 'html': {
      const { renderPage } = await import('@osprofiler/viewer')
      return renderPage(report)
    }
    case 'perfetto':
      return exportPerfetto(timed(report, rawTimes))
    case 'speedscope':
      return exportSpeedscope(timed(report, rawTimes))
    case 'tree':
      throw new TypeError('The tree is drawn by drawTree().')
  }
}

function timed(report: Report, raw: boolean): Report {
  return raw ? report : correctSkew(report)
}

function* followedBy(chunks: Iterable<string>, end: string): Generator<string> {
  yield* chunks
  yield end
}
