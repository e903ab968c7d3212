import type { TraceRecord } from '@osprofiler/core'
import { buildReport } from './build-report.js'
import { createRecordParser, parseRecords } from './parse-records.js'
import { recordsOfEvents, recordsOfOtlp, recordsOfPage, recordsOfSpeedscope } from './read-exports.js'
import { readField } from './read-field.js'
import { listNodes, readReport, reportFromNodes } from './read-report.js'
import { beginsAsReport, createReportPieces, isReportJson } from './read-report-pieces.js'
import type { Report } from './report.js'

/** A text up to this length is read as a whole; V8's strings end at twice that. */
const LARGEST_WHOLE = 2 ** 28

const KNOWN =
  'records (.jsonl), a report (--json), a page (--html), and what --export perfetto, speedscope or otlp writes'

/** Reads a trace of which the text comes in pieces, cut anywhere. */
interface TraceReader {
  push(text: string): void
  end(): Report
}

/**
 * Reads a trace back from the text of a file, whatever wrote it: records (`.jsonl`, or a JSON list of them), a report's
 * JSON (Python's or ours), our page, and our exports for Perfetto, speedscope and OTLP. The content tells which it is.
 * Records and reports of any size are read in pieces, as `createReadStream(path, 'utf8')` gives them; the others up to
 * 256 Mi characters.
 *
 * @throws SyntaxError or TypeError that says what the file is instead, and what can be read (a drawing cannot);
 *   RangeError when it is too large; and what the source throws
 */
export async function readTraceFile(source: string | Iterable<string> | AsyncIterable<string>): Promise<Report> {
  const reader = createTraceReader(LARGEST_WHOLE)
  if (typeof source === 'string') reader.push(source)
  else for await (const chunk of source) reader.push(chunk)
  return reader.end()
}

/** @param largestWhole the length up to which a text is put together where its format allows nothing else */
export function createTraceReader(largestWhole: number): TraceReader {
  let text = ''
  let hasFirstLine = false
  let reader: TraceReader | undefined
  return {
    push(chunk) {
      if (reader !== undefined) {
        reader.push(chunk)
        return
      }
      text += chunk
      if (!hasFirstLine && chunk.includes('\n')) {
        hasFirstLine = firstLineOf(text) !== undefined
        if (hasFirstLine && beginsWithRecord(text)) reader = createRecordReader()
      }
      if (reader === undefined && text.length > largestWhole) {
        if (!beginsAsReport(text)) throw tooLarge(largestWhole)
        reader = createReportPieces()
      }
      if (reader === undefined) return
      reader.push(text)
      text = ''
    },
    end: () => (reader === undefined ? readWhole(text) : reader.end()),
  }
}

function createRecordReader(): TraceReader {
  const parser = createRecordParser()
  return { push: text => parser.push(text), end: () => buildReport(parser.end()) }
}

/** The first line that is not blank, once its line break has come. */
function firstLineOf(text: string): string | undefined {
  return /^\s*(\S[^\n]*)\n/.exec(text)?.[1]
}

function beginsWithRecord(text: string): boolean {
  const line = firstLineOf(text)
  if (line === undefined || !/^\ufeff?\{.*\}\s*$/s.test(line)) return false
  try {
    return isRecord(JSON.parse(line.replace(/^\ufeff/, '')))
  } catch {
    return false
  }
}

/** Not one of the documents that are objects too. */
function isRecord(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !['children', 'traceEvents', 'resourceSpans', '$schema'].some(key => Object.hasOwn(value, key))
}

function readWhole(text: string): Report {
  const head = text
    .slice(0, 1000)
    .replace(/^\ufeff/, '')
    .trimStart()
  if (head === '' && text.trim().length <= 1) return buildReport([])
  if (head.startsWith('<')) return readPage(text, head)
  if (head.startsWith('{') || head.startsWith('[')) return readDocument(text)
  if (/^(?:strict\s+)?(?:di)?graph\b/i.test(head)) throw drawing('a DOT graph')
  if (head.startsWith('%PDF')) throw drawing('a PDF document')
  if (/^.?PNG/.test(head)) throw drawing('a PNG image')
  throw new SyntaxError(`Not a trace: it begins with ${JSON.stringify(head.slice(0, 20))}. What can be read: ${KNOWN}.`)
}

function readPage(text: string, head: string): Report {
  if (/<svg\b/i.test(head)) throw drawing('an SVG image')
  const records = recordsOfPage(text)
  if (records === undefined) throw new TypeError('This page holds no records: only pages from --html can be read.')
  return buildReport(records)
}

function readDocument(text: string): Report {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    // Whichever it should have been says what is wrong with it.
    const [firstLine = ''] = text.trimStart().split('\n', 1)
    const isList = firstLine.trimEnd().endsWith('}')
    return isList ? buildReport(parseRecords(text)) : readReport(text)
  }
  if (isReportJson(value)) return reportFromNodes(value, listNodes(value))
  const events = Array.isArray(value) ? value : readField(value, 'traceEvents')
  if (Array.isArray(events) && (events !== value || events.some(isEvent))) return ours(recordsOfEvents(events))
  if (Array.isArray(value)) return buildReport(checkRecords(value))
  if (readField(value, 'resourceSpans') !== undefined) return ours(recordsOfOtlp(value))
  if (readField(value, '$schema') !== undefined) return ours(recordsOfSpeedscope(value))
  if (['trace_id', 'base_id', 'name'].some(key => readField(value, key) !== undefined)) {
    return buildReport([value as TraceRecord])
  }
  throw new TypeError(`Not a trace: JSON of another kind. What can be read: ${KNOWN}.`)
}

function isEvent(value: unknown): boolean {
  return typeof readField(value, 'ph') === 'string'
}

function checkRecords(values: readonly unknown[]): readonly TraceRecord[] {
  if (values.every(value => typeof value === 'object' && value !== null)) return values as readonly TraceRecord[]
  throw new TypeError(`Not a trace: a list of other things than records. What can be read: ${KNOWN}.`)
}

/** Other programs' files of these formats hold spans, but nothing to make records of. */
function ours(records: readonly TraceRecord[]): Report {
  if (records.length > 0) return buildReport(records)
  throw new TypeError('There are no records in this file: of this format only files from --export can be read.')
}

function drawing(what: string): TypeError {
  return new TypeError(`This is ${what}: a drawing holds no records and cannot be read back. Keep ${KNOWN}.`)
}

function tooLarge(largestWhole: number): RangeError {
  return new RangeError(
    `The file has more than ${largestWhole} characters: so large, only records (.jsonl) and reports (--json) can be read.`,
  )
}
