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

/** Longer texts are not read as a whole. V8 limits strings to twice this length. */
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
 * Reads a trace from the text of a file. The content tells the format: records (`.jsonl`, or a JSON list), a report's
 * JSON (Python's or ours), our page, or an export (Perfetto, speedscope, OTLP). Records and reports of any size are
 * read in pieces, as `createReadStream(path, 'utf8')` gives them. The other formats are read up to 256 Mi characters. A
 * file that would take many times its size in memory is refused.
 *
 * @throws SyntaxError or TypeError that says what the file is and what can be read; RangeError if it is too large;
 * errors of the source
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

/** Creates a reader. A text in a format that can only be read as a whole has at most `largestWhole` characters. */
export function createTraceReader(largestWhole: number, mostRecords = MAX_RECORDS): TextReader<Report> {
  const limits = createFileLimits(mostRecords)
  let text = ''
  let isBlank = true
  let hasFirstLine = false
  let reader: TextReader<Report> | undefined

  /** Returns whether the first line that is not blank is complete. Looks at each piece once. */
  function endsFirstLine(chunk: string): boolean {
    // `trimStart` removes a byte order mark, too.
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

/** Excludes the other documents that are objects. */
function isRecord(value: unknown): boolean {
  if (!isMembers(value)) return false
  return !['children', 'traceEvents', 'resourceSpans', '$schema'].some(key => Object.hasOwn(value, key))
}

function readWhole(text: string, limits: FileLimits): Report {
  // `trimStart` removes a byte order mark, too.
  const head = text.trimStart().slice(0, 1000)
  if (head === '') return buildReport([])
  if (head.startsWith('<')) return readPage(text, head, limits)
  if (head.startsWith('{') || head.startsWith('[')) return readDocument(text, limits)
  if (/^(?:strict\s+)?(?:di)?graph\b/i.test(head)) throw drawing('a DOT graph')
  if (head.startsWith('%PDF')) throw drawing('a PDF document')
  if (/^.?PNG/.test(head)) throw drawing('a PNG image')
  // The message quotes nothing of the file: a name from someone else may lead to a file of keys.
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
    // The parser for the most likely format says what is wrong.
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

/** Builds the report of an export. Files of other programs in these formats hold spans, but no records. */
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
