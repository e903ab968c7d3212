import type { TraceRecord } from '@osprofiler/core'
import { asNumber, ExactNumber, jsonText, parseJson } from '@osprofiler/core/json'
import { Array, JSON, Number, Object, String } from '@osprofiler/core/platform'

/** Texts in which JSON escapes nothing. */
const PLAIN = /^[ !#-[\]-~]*$/
/** What no standard of JSON knows, and what looks like it in a text. */
const WORD = /NaN|Infinity/

const quoteBaseId = createQuote()
const quoteParentId = createQuote()
const quoteProject = createQuote()
const quoteService = createQuote()

/** A record as a line of JSON. The line is what `stringifyJson` makes of a record, in five sixths of the time. */
export function encodeRecord(record: TraceRecord): string {
  const { name, base_id, parent_id, trace_id, timestamp, info, project, service } = record
  const place = `"base_id":${quoteBaseId(base_id)},"parent_id":${quoteParentId(parent_id)},"trace_id":${quote(trace_id)}`
  const origin = `"project":${quoteProject(project)},"service":${quoteService(service)}`
  return `{"name":${quote(name)},${place},"timestamp":"${timestamp}","info":${jsonText(info, 0)},${origin}}`
}

/**
 * As `encodeRecord`, for a store that takes no JSON with `NaN` or `Infinity`: these become texts, as where a point of this
 * project tells of them.
 */
export function encodeStandardRecord(record: TraceRecord): string | undefined {
  const line = encodeRecord(record)
  if (!WORD.test(line)) return line
  try {
    return encodeRecord({ ...record, info: spellWords(record.info) as TraceRecord['info'] })
  } catch {
    return undefined
  }
}

/** Recursive: a store with a parser of its own refuses what is nested so deep that this fails. */
function spellWords(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (Array.isArray(value)) return value.map(spellWords)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, spellWords(member)]))
}

/** A text as JSON: what most texts are but for the quotes. */
function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

/** As `quote`, for a member that is mostly the same as in the record before. */
function createQuote(): (text: string) => string {
  let last = ''
  let quoted = '""'
  return text => {
    if (text !== last) {
      last = text
      quoted = quote(text)
    }
    return quoted
  }
}

/** A line's record in its whole wire shape, or undefined where the line holds none. What is missing becomes `''`. */
export function decodeRecord(line: string): TraceRecord | undefined {
  const value = parse(line)
  if (!isObject(value) || typeof value.base_id !== 'string' || typeof value.name !== 'string') return undefined
  return toRecord(value)
}

/** A record in its whole wire shape, from columns or members of which any may be missing. */
export function toRecord(value: Readonly<Record<string, unknown>>): TraceRecord {
  const baseId = toText(value.base_id)
  const { parent_id, info } = value
  return {
    name: toText(value.name),
    base_id: baseId,
    parent_id: typeof parent_id === 'string' ? parent_id : baseId,
    trace_id: toText(value.trace_id),
    timestamp: toText(value.timestamp),
    info: isObject(info) ? info : {},
    project: toText(value.project),
    service: toText(value.service),
  }
}

/** What JSON says, Python's too, or undefined where it is none. */
export function parse(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** Whether a value is an object with members, as `info` is. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ExactNumber.is(value)
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value
  return asNumber(value) !== undefined || typeof value === 'bigint' ? String(value) : ''
}
