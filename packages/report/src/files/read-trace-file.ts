import type { TraceRecord } from '@osprofiler/core'
import { parseJson } from '@osprofiler/core/json'
import { buildReport } from '../tree/build-report.js'
import { isContainer, isJsonObject, readField } from '../tree/read-field.js'
import type { Report } from '../tree/report.js'
import { createFileLimits, type FileLimits } from './file-limits.js'
import { createRecordParser, parseRecords } from './parse-records.js'
import {
  readOtlpLinesRecords,
  readOtlpRecords,
  readPageRecords,
  readPerfettoRecords,
  readSpeedscopeRecords,
} from './read-exports.js'
import { buildReportFromNodes, isReportJson, listNodes, readReport, withLeftOut } from './read-report.js'
import { beginsLikeReport, createReportReader } from './read-report-pieces.js'
import type { TextReader } from './text-reader.js'

/** Longer files are not read as one string. V8 limits strings to twice this length. */
const MAX_WHOLE_CHARS = 2 ** 28

const READABLE_FORMATS =
  'records (.jsonl), a report (--json), a page (--html), or an export (--export perfetto, speedscope or otlp)'

/** Four times the default maximum number of records in one trace. */
const MAX_RECORDS = 1_000_000

/** Options of `readTraceFile`. */
export interface ReadTraceFileOptions {
  /** A file with more records is rejected. Default: 1,000,000. */
  readonly mostRecords?: number | undefined
}

/**
 * Reads a trace from the text of a file. The format is detected from the content. The file may contain one of the
 * following:
 *
 * - records (`.jsonl`, or a JSON list)
 * - a report's JSON (Python's or ours)
 * - a page from `--html`
 * - an export (Perfetto, speedscope, OTLP)
 *
 * Records and reports may have any size, because they are read in pieces, such as those from `createReadStream(path,
 * 'utf8')`. Files in the other formats may have up to 256 Mi characters. A file that would take many times its size in
 * memory is rejected.
 *
 * @throws SyntaxError or TypeError that says what the file is and what can be read; RangeError if the file is too
 * large; the errors of `source`
 */
export async function readTraceFile(
  source: string | Iterable<string> | AsyncIterable<string>,
  options: ReadTraceFileOptions = {},
): Promise<Report> {
  const reader = createTraceReader(MAX_WHOLE_CHARS, options.mostRecords)
  if (typeof source === 'string') reader.push(source)
  else for await (const chunk of source) reader.push(chunk)
  return reader.end()
}

/** Creates a reader. If a format can only be read as a whole, the file may have at most `maxWholeChars` characters. */
export function createTraceReader(maxWholeChars: number, mostRecords = MAX_RECORDS): TextReader<Report> {
  const limits = createFileLimits(mostRecords)
  let text = ''
  let isBlank = true
  let hasFirstLine = false
  let reader: TextReader<Report> | undefined

  /** Returns whether the first non-blank line is complete. Scans each piece only once. */
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
      if (reader === undefined && text.length > maxWholeChars) {
        if (!beginsLikeReport(text)) throw createSizeError(maxWholeChars)
        reader = createReportReader(limits)
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

/** Returns whether a value is a record, and not another kind of document that is a JSON object. */
function isRecord(value: unknown): boolean {
  if (!isJsonObject(value)) return false
  return !['children', 'traceEvents', 'resourceSpans', '$schema'].some(key => Object.hasOwn(value, key))
}

function readWhole(text: string, limits: FileLimits): Report {
  // `trimStart` removes a byte order mark, too.
  const head = text.trimStart().slice(0, 1000)
  if (head === '') return buildReport([])
  if (head.startsWith('<')) return readPage(text, head, limits)
  if (head.startsWith('{') || head.startsWith('[')) return readDocument(text, limits)
  if (/^(?:strict\s+)?(?:di)?graph\b/i.test(head)) throw createDrawingError('a DOT graph')
  if (head.startsWith('%PDF')) throw createDrawingError('a PDF document')
  if (/^.?PNG/.test(head)) throw createDrawingError('a PNG image')
  // The message quotes nothing from the file, because a path that comes from someone else may lead to a file with
  // secret keys.
  throw new SyntaxError(`Not a trace: it does not begin with "{", "[" or "<". Readable formats: ${READABLE_FORMATS}.`)
}

function readPage(text: string, head: string, limits: FileLimits): Report {
  if (/<svg\b/i.test(head)) throw createDrawingError('an SVG image')
  const records = readPageRecords(text)
  if (records === undefined) throw new TypeError('This page contains no records: only pages from --html can be read.')
  return buildFromRecords(records, limits)
}

function readDocument(text: string, limits: FileLimits): Report {
  let value: unknown
  try {
    value = parseJson(text.replace(/^\ufeff/, ''))
  } catch {
    // The text is parsed in its most likely format, so that the error describes what is wrong with the file.
    const [firstLine = ''] = text.trimStart().split('\n', 1)
    const isList = firstLine.trimEnd().endsWith('}')
    if (isList && firstLine.includes('"resourceSpans"')) return buildFromExport(readOtlpLinesRecords(text), limits)
    return isList ? buildFromRecords(parseRecords(text), limits) : readReport(text)
  }
  if (isReportJson(value)) return buildReportFromNodes(value, listNodes(value), limits)
  const events = Array.isArray(value) ? value : readField(value, 'traceEvents')
  if (Array.isArray(events) && (events !== value || events.some(isEvent)))
    return buildFromExport(readPerfettoRecords(events), limits)
  if (Array.isArray(value)) return buildFromRecords(checkRecords(value), limits)
  if (readField(value, 'resourceSpans') !== undefined) return buildFromExport(readOtlpRecords(value), limits)
  if (readField(value, '$schema') !== undefined) return buildFromExport(readSpeedscopeRecords(value), limits)
  if (['trace_id', 'base_id', 'name'].some(key => readField(value, key) !== undefined)) {
    return buildReport([value as TraceRecord])
  }
  throw new TypeError(`Not a trace: it is JSON of another kind. Readable formats: ${READABLE_FORMATS}.`)
}

function isEvent(value: unknown): boolean {
  return typeof readField(value, 'ph') === 'string'
}

function checkRecords(values: readonly unknown[]): readonly TraceRecord[] {
  if (values.every(isContainer)) return values as readonly TraceRecord[]
  throw new TypeError(
    `Not a trace: the list contains values that are not records. Readable formats: ${READABLE_FORMATS}.`,
  )
}

/** Builds the report of an export. Files from other programs in these formats contain spans, but no records. */
function buildFromExport(records: readonly TraceRecord[], limits: FileLimits): Report {
  if (records.length > 0) return buildFromRecords(records, limits)
  throw new TypeError('This file contains no records: in this format, only files that --export wrote can be read.')
}

function buildFromRecords(records: readonly TraceRecord[], limits: FileLimits): Report {
  return withLeftOut(buildReport(records.filter(limits.admit)), limits)
}

function createDrawingError(what: string): TypeError {
  return new TypeError(`This is ${what}: a drawing holds no records and cannot be read back. Keep ${READABLE_FORMATS}.`)
}

function createSizeError(maxWholeChars: number): RangeError {
  return new RangeError(
    `The file has more than ${maxWholeChars} characters. Only records (.jsonl) and reports (--json) can be this large.`,
  )
}
