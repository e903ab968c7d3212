import { RegExp, String } from '@osprofiler/core/toolkit'

/** The SQL dialect, which decides how strings and comments are read. */
export type SqlDialect = 'postgresql' | 'mysql' | 'sqlite'

/** A piece of a statement, with its original text. */
export interface SqlToken {
  readonly kind: SqlTokenKind
  readonly text: string
}

const TOKEN_KINDS = ['skipped', 'string', 'number', 'unsure', 'word', 'name', 'unclosed', 'sign'] as const

/**
 * `skipped`: spaces and comments. `string`, `number`: values. `word`: a name, a keyword or a placeholder. `name`: a
 * quoted name. `unclosed`: everything after a quote that is never closed. `sign`: anything else. `unsure`: everything
 * from an ambiguous position on.
 */
export type SqlTokenKind = (typeof TOKEN_KINDS)[number]

// The first kind that matches is used. All patterns run in linear time, because no repeated part can match in two ways.
// A closing quote must not be followed by another quote. Otherwise a failing pattern would retry with half of a doubled
// quote.
const BACKSLASH_STRING = String.raw`'[^'\\]*(?:(?:\\[^]|'')[^'\\]*)*'(?!')`
const PLAIN_STRING = "'[^']*(?:''[^']*)*'(?!')"
const NUMBER = String.raw`\.?\d[\w.]*(?:(?<=[eE])[+-]\d\w*)?`
const WORD = String.raw`[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*`
const BACKTICK_NAME = '`[^`]*(?:``[^`]*)*`(?!`)'
const DOUBLE_QUOTED_NAME = '"[^"]*(?:""[^"]*)*"(?!")'
// A comment that contains no other comment.
const BLOCK_COMMENT = String.raw`/\*[^*/]*(?:(?:\*(?!/)|/(?!\*))[^*/]*)*(?:\*/|$)`
const DOLLAR_TAG = String.raw`(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?`
const NEXT_LINE = String.raw`[^\S\n\r]*(?:--[^\n\r]*)?[\n\r](?:\s|--[^\n\r]*[\n\r])*`

const PATTERNS: Readonly<Record<SqlDialect, RegExp>> = {
  postgresql: compilePattern({
    // `/* */` comments can be nested, so `findEndOfComment` skips the rest.
    skipped: String.raw`\s+|--[^\n\r]*|/\*`,
    string: [
      // The string may continue on the next line, where a backslash is still an escape.
      `[eE]${BACKSLASH_STRING}(?:${NEXT_LINE}${BACKSLASH_STRING})*`,
      `(?:[bBxXnN]|[uU]&)?${PLAIN_STRING}`,
      String.raw`\$(?<tag>${DOLLAR_TAG})\$[^]*?\$\k<tag>\$`,
    ],
    // An `E'...'` string that is never closed, or text such as `AS$$`. PostgreSQL reads `AS$$` as a word, but the
    // author meant a string to begin there.
    unsure: String.raw`[eE]'[^]*|[A-Za-z_\x80-\uffff][\w\x80-\uffff]*\$[\w$\x80-\uffff]*\$[^]*`,
    word: [String.raw`\$\d+`, WORD],
    name: `(?:[uU]&)?${DOUBLE_QUOTED_NAME}`,
    unclosed: String.raw`['"][^]*|\$${DOLLAR_TAG}\$[^]*`,
  }),
  mysql: compilePattern({
    // A line comment ends only at a line feed. A block comment must not contain another comment.
    skipped: String.raw`\s+|#[^\n]*|--(?=[\x00-\x20\x7f]|$)[^\n]*|(?!/\*M?!)${BLOCK_COMMENT}`,
    // Double quotes enclose names only if sql_mode contains ANSI_QUOTES, which is unknown here.
    string: [`[bBxXnN]?${BACKSLASH_STRING}`, BACKSLASH_STRING.replaceAll("'", '"')],
    // A comment that the server executes, or that may contain another comment.
    unsure: String.raw`/\*[^]*`,
    word: [`[:@]*${WORD}`],
    name: BACKTICK_NAME,
    unclosed: String.raw`['"\`][^]*`,
  }),
  sqlite: compilePattern({
    skipped: String.raw`\s+|--[^\n]*|${BLOCK_COMMENT}`,
    string: [`[xX]?${PLAIN_STRING}`],
    unsure: String.raw`/\*[^]*`,
    word: [String.raw`\?\d+`, `[:@$]?${WORD}`],
    name: String.raw`${DOUBLE_QUOTED_NAME}|${BACKTICK_NAME}|\[[^\]]*\]`,
    unclosed: String.raw`['"\`[][^]*`,
  }),
}

interface TokenPatterns {
  readonly skipped: string
  readonly string: readonly string[]
  readonly unsure: string
  readonly word: readonly string[]
  readonly name: string
  readonly unclosed: string
}

function compilePattern({ skipped, string, unsure, word, name, unclosed }: TokenPatterns): RegExp {
  const patterns = { skipped, string: string.join('|'), number: NUMBER, unsure, word: word.join('|'), name, unclosed }
  const all: Record<SqlTokenKind, string> = { ...patterns, sign: '[^]' }
  return new RegExp(TOKEN_KINDS.map(kind => `(?<${kind}>${all[kind]})`).join('|'), 'y')
}

/** Returns the token at position `at`, which must be before the end of the source. */
export function readToken(source: string, at: number, dialect: SqlDialect): SqlToken {
  const pattern = PATTERNS[dialect]
  pattern.lastIndex = at
  const match = pattern.exec(source)
  const kind = TOKEN_KINDS.find(name => match?.groups?.[name] !== undefined)
  if (match === null || kind === undefined) return { kind: 'unsure', text: source.slice(at) }
  const [text] = match
  if (kind !== 'skipped' || dialect !== 'postgresql' || text !== '/*') return { kind, text }
  return { kind, text: source.slice(at, findEndOfComment(source, at + text.length)) }
}

function findEndOfComment(source: string, from: number): number {
  const marks = /\/\*|\*\//g
  marks.lastIndex = from
  for (let depth = 1; depth > 0; ) {
    const mark = marks.exec(source)
    if (mark === null) return source.length
    depth += mark[0] === '/*' ? 1 : -1
  }
  return marks.lastIndex
}
