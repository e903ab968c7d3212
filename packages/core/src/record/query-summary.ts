import { Boolean, Map } from '../json/language.js'

const MAX_PARSED_CHARS = 4_000
const LEADING_COMMENTS = /^(?:\s|--[^\n]*\n|\/\*.*?\*\/)+/s
const SQL_OPERATION = /^(?:select|insert|update|delete|replace|merge|with|create|alter|drop|truncate|call|explain)\b/i
const TABLE =
  /\b(?:from|into|update|table|join)\s+(?:only\s+|if\s+(?:not\s+)?exists\s+)?([\w$.]{1,100}|["`[][\w$. "`[\]]{1,100}["`\]])/i
/** Matches the statements of this project's MongoDB instrument, such as `find orders {status: ?}`. */
const MONGODB_STATEMENT = /^([a-z]\w{0,40})(?: ([\w.]{1,100})(?= \{))?/i

/** The maximum number of cached summaries. This number is enough, because an application uses few different queries. */
const MAX_CACHED_SUMMARIES = 500
/** Summaries of longer statements are not cached. */
const MAX_CACHED_CHARS = 1_000
const cache = new Map<string, string | undefined>()

/**
 * Returns a query's operation with its table or collection, such as `SELECT orders`. The summary is used as a span
 * name, so it should have few distinct values.
 */
export function summarizeQuery(statement: unknown): string | undefined {
  if (typeof statement !== 'string') return undefined
  if (statement.length > MAX_CACHED_CHARS) return summarize(statement)
  const cached = cache.get(statement)
  if (cached !== undefined || cache.has(statement)) return cached
  const summary = summarize(statement)
  if (cache.size === MAX_CACHED_SUMMARIES) cache.clear()
  cache.set(statement, summary)
  return summary
}

function summarize(statement: string): string | undefined {
  const text = statement
    .slice(0, MAX_PARSED_CHARS)
    .replace(LEADING_COMMENTS, '')
    .replace(/'[^']*'/g, '')
  const operation = SQL_OPERATION.exec(text)?.[0].toUpperCase()
  if (operation === undefined) return MONGODB_STATEMENT.exec(text)?.slice(1).filter(Boolean).join(' ')
  const table = TABLE.exec(text)?.[1]?.replace(/["`[\]]/g, '')
  return table === undefined ? operation : `${operation} ${table}`
}
