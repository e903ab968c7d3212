import { Boolean, Map } from '../json/language.js'

const MAX_PARSED = 4_000
const BEFORE = /^(?:\s|--[^\n]*\n|\/\*.*?\*\/)+/s
const SQL = /^(?:select|insert|update|delete|replace|merge|with|create|alter|drop|truncate|call|explain)\b/i
const TABLE =
  /\b(?:from|into|update|table|join)\s+(?:only\s+|if\s+(?:not\s+)?exists\s+)?([\w$.]{1,100}|["`[][\w$. "`[\]]{1,100}["`\]])/i
/** Matches the statements of our MongoDB instrument: `find orders {status: ?}`. */
const COMMAND = /^([a-z]\w{0,40})(?: ([\w.]{1,100})(?= \{))?/i

/** A program repeats few queries. This many summaries are kept, for statements of up to this length. */
const MAX_KEPT = 500
const MAX_KEPT_LENGTH = 1_000
const kept = new Map<string, string | undefined>()

/** Returns what a query does to which table or collection: `SELECT orders`. Span names need few distinct values. */
export function summarizeQuery(statement: unknown): string | undefined {
  if (typeof statement !== 'string') return undefined
  if (statement.length > MAX_KEPT_LENGTH) return summarize(statement)
  const known = kept.get(statement)
  if (known !== undefined || kept.has(statement)) return known
  const summary = summarize(statement)
  if (kept.size === MAX_KEPT) kept.clear()
  kept.set(statement, summary)
  return summary
}

function summarize(statement: string): string | undefined {
  const text = statement
    .slice(0, MAX_PARSED)
    .replace(BEFORE, '')
    .replace(/'[^']*'/g, '')
  const operation = SQL.exec(text)?.[0].toUpperCase()
  if (operation === undefined) return COMMAND.exec(text)?.slice(1).filter(Boolean).join(' ')
  const table = TABLE.exec(text)?.[1]?.replace(/["`[\]]/g, '')
  return table === undefined ? operation : `${operation} ${table}`
}
