import type { TraceRecord } from '@osprofiler/core'
import { parseJson } from '@osprofiler/core/json'
import { buildReport } from '../tree/build-report.js'
import { isContainer, isMembers, readField } from '../tree/read-field.js'
import type { Report } from '../tree/report.js'
import { createFileLimits, type FileLimits } from './file-limits.js'
import { createRecordParser, parseRecords } from './parse-records.js'
import {
  recordsOfEvents,
  recordsOfOtlp,
  recordsOfOtlpLines,
  recordsOfPage,
  recordsOfSpeedscope,
} from './read-exports.js'
import { isReportJson, listNodes, readReport, reportFromNodes, withLeftOut } from './read-report.js'
import { beginsAsReport, createReportPieces } from './read-report-pieces.js'
import type { TextReader } from './text-reader.js'

/** A text up to this length is read as a whole; V8's strings end at twice that. */
const MAX_WHOLE_LENGTH = 2 ** 28

const KNOWN =
  'records (.jsonl), a report (--json), a page (--html), and what --export perfetto, speedscope or otlp writes'

/** Four times as many as are recorded of one trace by default. */
const MAX_RECORDS = 1_000_000

/** Options of `readTraceFile`. */
export interface ReadTraceFileOptions {
  /** A file with more records is refused. Default: 1,000,000. */
  readonly mostRecords?: number | undefined
}

/**
 * Reads a trace back from the text of a file, whatever wrote it: records (`.jsonl`, or a JSON list of them), a report's
 * JSON (Python's or ours), our page, and our exports for Perfetto, speedscope and OTLP. The content tells which it is.
 * Records and reports of any size are read in pieces, as `createReadStream(path, 'utf8')` gives them; the others up to
 * 256 Mi characters. A file that would take many times its size in memory is refused.
 *
 * @throws SyntaxError or TypeError that says what the file is instead, and what can be read (a drawing cannot);
 *   RangeError when it is too large; and what the source throws
 */
export async function readTraceFile(
  source: string | Iterable<string> | AsyncIterable<string>,
  options: ReadTraceFileOptions = {},
): Promise<Report> {
  const reader = createTraceReader(MAX_WHOLE_LENGTH, options.mostRecords)
  if (typeof source === 'string') reader.push(source)
  else for await (const chunk of source) reader.push(chunk)
  return reader.end()
}

/**
 * @param largestWhole the length up to which a text is put together where its format allows nothing else
 * @param mostRecords how many records the text may hold
 */
export function createTraceReader(largestWhole: number, mostRecords = MAX_RECORDS): TextReader<Report> {
  const limits = createFileLimits(mostRecords)
  let text = ''
  let isBlank = true
  let hasFirstLine = false
  let reader: TextReader<Report> | undefined

  /** Whether the first line that is not blank is whole now. Each piece is looked at once. */
  function endsFirstLine(chunk: string): boolean {
    // A byte order mark counts as white space here.
    const rest = isBlank ? chunk.trimStart() : chunk
    if (isBlank && rest === '') return false
    isBlank = false
    return rest.includes('\n')
  }

  return {
    push(chunk) {
      limits.countText(chunk)
      if (reader !== undefined) {
        reader.push(chunk)
        return
      }
      text += chunk
      if (!hasFirstLine && endsFirstLine(chunk)) {
        hasFirstLine = true
        if (beginsWithRecord(text)) reader = createRecordReader(limits)
      }
      if (reader === undefined && text.length > largestWhole) {
        if (!beginsAsReport(text)) throw tooLarge(largestWhole)
        reader = createReportPieces(limits)
      }
      if (reader === undefined) return
      reader.push(text)
      text = ''
    },
    end() {
      if (reader !== undefined) return reader.end()
      return text.length > 0 && isBlank ? buildReport([]) : readWhole(text, limits)
    },
  }
}

function createRecordReader(limits: FileLimits): TextReader<Report> {
  const parser = createRecordParser(limits.admit)
  return { push: text => parser.push(text), end: () => withLeftOut(buildReport(parser.end()), limits) }
}

/** Whether the first line that is not blank is a record. */
function beginsWithRecord(text: string): boolean {
  const rest = text.trimStart()
  const line = rest.slice(0, rest.indexOf('\n')).trimEnd()
  if (!line.startsWith('{') || !line.endsWith('}')) return false
  try {
    return isRecord(parseJson(line))
  } catch {
    return false
  }
}

/** Not one of the documents that are objects too. */
function isRecord(value: unknown): boolean {
  if (!isMembers(value)) return false
  return !['children', 'traceEvents', 'resourceSpans', '$schema'].some(key => Object.hasOwn(value, key))
}

function readWhole(text: string, limits: FileLimits): Report {
  // A byte order mark counts as white space here.
  const head = text.trimStart().slice(0, 1000)
  if (head === '') return buildReport([])
  if (head.startsWith('<')) return readPage(text, head, limits)
  if (head.startsWith('{') || head.startsWith('[')) return readDocument(text, limits)
  if (/^(?:strict\s+)?(?:di)?graph\b/i.test(head)) throw drawing('a DOT graph')
  if (head.startsWith('%PDF')) throw drawing('a PDF document')
  if (/^.?PNG/.test(head)) throw drawing('a PNG image')
  // Without a word of the file: a name that somebody else chose may lead to a file of keys.
  throw new SyntaxError(`Not a trace: it begins with none of "{", "[" and "<". What can be read: ${KNOWN}.`)
}

function readPage(text: string, head: string, limits: FileLimits): Report {
  if (/<svg\b/i.test(head)) throw drawing('an SVG image')
  const records = recordsOfPage(text)
  if (records === undefined) throw new TypeError('This page holds no records: only pages from --html can be read.')
  return build(records, limits)
}

function readDocument(text: string, limits: FileLimits): Report {
  let value: unknown
  try {
    value = parseJson(text.replace(/^\ufeff/, ''))
  } catch {
    // Whichever it should have been says what is wrong with it.
    const [firstLine = ''] = text.trimStart().split('\n', 1)
    const isList = firstLine.trimEnd().endsWith('}')
    if (isList && firstLine.includes('"resourceSpans"')) return ours(recordsOfOtlpLines(text), limits)
    return isList ? build(parseRecords(text), limits) : readReport(text)
  }
  if (isReportJson(value)) return reportFromNodes(value, listNodes(value), limits)
  const events = Array.isArray(value) ? value : readField(value, 'traceEvents')
  if (Array.isArray(events) && (events !== value || events.some(isEvent))) return ours(recordsOfEvents(events), limits)
  if (Array.isArray(value)) return build(checkRecords(value), limits)
  if (readField(value, 'resourceSpans') !== undefined) return ours(recordsOfOtlp(value), limits)
  if (readField(value, '$schema') !== undefined) return ours(recordsOfSpeedscope(value), limits)
  if (['trace_id', 'base_id', 'name'].some(key => readField(value, key) !== undefined)) {
    return buildReport([value as TraceRecord])
  }
  throw new TypeError(`Not a trace: JSON of another kind. What can be read: ${KNOWN}.`)
}

function isEvent(value: unknown): boolean {
  return typeof readField(value, 'ph') === 'string'
}

function checkRecords(values: readonly unknown[]): readonly TraceRecord[] {
  if (values.every(isContainer)) return values as readonly TraceRecord[]
  throw new TypeError(`Not a trace: a list of other things than records. What can be read: ${KNOWN}.`)
}

/** Other programs' files of these formats hold spans, but nothing to make records of. */
function ours(records: readonly TraceRecord[], limits: FileLimits): Report {
  if (records.length > 0) return build(records, limits)
  throw new TypeError('There are no records in this file: of this format only files from --export can be read.')
}

function build(records: readonly TraceRecord[], limits: FileLimits): Report {
  return withLeftOut(buildReport(records.filter(limits.admit)), limits)
}

function drawing(what: string): TypeError {
  return new TypeError(`This is ${what}: a drawing holds no records and cannot be read back. Keep ${KNOWN}.`)
}

function tooLarge(largestWhole: number): RangeError {
  return new RangeError(
    `The file has more than ${largestWhole} characters: so large, only records (.jsonl) and reports (--json) can be read.`,
  )
}
