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
 * Formats a report in any format except the tree. JSON and DOT contain the recorded times, as in Python, and exports
 * contain them if `rawTimes` is set. The HTML page corrects times itself, and shows both. Returns several documents if
 * an OTLP export is too large for one request to a collector.
 */
export async function formatReport(
  report: Report,
  { format, file }: Output,
  rawTimes: boolean,
): Promise<Iterable<Chunks>> {
  if (format === 'otlp') return exportOtlpParts(correctUnlessRaw(report, rawTimes))
  return [await formatDocument(report, format, file, rawTimes)]
}

async function formatDocument(
  report: Report,
  format: Exclude<OutputFormat, 'otlp'>,
  file: string | undefined,
  rawTimes: boolean,
): Promise<Chunks> {
  // As in Python, the output ends with a line feed on standard output, where print() adds it, but not in a file.
  const end = file === undefined ? '\n' : ''
  switch (format) {
    case 'json':
      return appendEnding(reportJsonChunks(report), end)
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
      return exportPerfetto(correctUnlessRaw(report, rawTimes))
    case 'speedscope':
      return exportSpeedscope(correctUnlessRaw(report, rawTimes))
    case 'tree':
      throw new TypeError('The tree is drawn by drawTree().')
  }
}

function correctUnlessRaw(report: Report, isRaw: boolean): Report {
  return isRaw ? report : correctSkew(report)
}

function* appendEnding(chunks: Iterable<string>, end: string): Generator<string> {
  yield* chunks
  yield end
}
