import { RegExp, String } from '@osprofiler/core/toolkit'

/** Whose rules a statement is read by: what is a string and what a comment differs. */
export type SqlDialect = 'postgresql' | 'mysql' | 'sqlite'

/** A part of a statement. */
export interface SqlToken {
  readonly kind: SqlTokenKind
  readonly text: string
}

const KINDS = ['skipped', 'string', 'number', 'unsure', 'word', 'name', 'unclosed', 'sign'] as const

/**
 * `skipped`, spaces and comments; `string`, `number`, values; `word`, a name, a keyword or a placeholder; `name`, one in
 * quotes; `unclosed`, all from a quote on that is never closed; `sign`, anything else; `unsure`, all from what cannot be
 * told on.
 */
export type SqlTokenKind = (typeof KINDS)[number]

// The order of the kinds decides. All are linear: no repeated part of a pattern can be read in two ways. A quote is
// closed by one that no other one follows: without that, a pattern that fails would try one half of a doubled one.
const BACKSLASHED = String.raw`'[^'\\]*(?:(?:\\[^]|'')[^'\\]*)*'(?!')`
const PLAIN = "'[^']*(?:''[^']*)*'(?!')"
const NUMBER = String.raw`\.?\d[\w.]*(?:(?<=[eE])[+-]\d\w*)?`
const WORD = String.raw`[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*`
const BACKTICKED = '`[^`]*(?:``[^`]*)*`(?!`)'
const DOUBLE_QUOTED = '"[^"]*(?:""[^"]*)*"(?!")'
// One in which no other one begins.
const BLOCK_COMMENT = String.raw`/\*[^*/]*(?:(?:\*(?!/)|/(?!\*))[^*/]*)*(?:\*/|$)`
const TAG = String.raw`(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?`
const NEXT_LINE = String.raw`[^\S\n\r]*(?:--[^\n\r]*)?[\n\r](?:\s|--[^\n\r]*[\n\r])*`

const PATTERNS: Readonly<Record<SqlDialect, RegExp>> = {
  postgresql: compile({
    // The rest of a comment in stars, for they nest, is skipped by hand.
    skipped: String.raw`\s+|--[^\n\r]*|/\*`,
    string: [
      // Goes on in the next line, where the backslash still counts.
      `[eE]${BACKSLASHED}(?:${NEXT_LINE}${BACKSLASHED})*`,
      `(?:[bBxXnN]|[uU]&)?${PLAIN}`,
      String.raw`\$(?<tag>${TAG})\$[^]*?\$\k<tag>\$`,
    ],
    // A string in which the backslash counts, and that is never closed. `AS$$`, a word for the server: what follows was
    // meant for a string.
    unsure: String.raw`[eE]'[^]*|[A-Za-z_\x80-\uffff][\w\x80-\uffff]*\$[\w$\x80-\uffff]*\$[^]*`,
    word: [String.raw`\$\d+`, WORD],
    name: `(?:[uU]&)?${DOUBLE_QUOTED}`,
    unclosed: String.raw`['"][^]*|\$${TAG}\$[^]*`,
  }),
  mysql: compile({
    // A comment ends with its line, and that with a line feed only. One in stars has none in it.
    skipped: String.raw`\s+|#[^\n]*|--(?=[\x00-\x20\x7f]|$)[^\n]*|(?!/\*M?!)${BLOCK_COMMENT}`,
    // In double quotes stands a name where sql_mode has ANSI_QUOTES, and nobody tells us.
    string: [`[bBxXnN]?${BACKSLASHED}`, BACKSLASHED.replaceAll("'", '"')],
    // A comment that the server executes, or one in which there may be another.
    unsure: String.raw`/\*[^]*`,
    word: [`[:@]*${WORD}`],
    name: BACKTICKED,
    unclosed: String.raw`['"\`][^]*`,
  }),
  sqlite: compile({
    skipped: String.raw`\s+|--[^\n]*|${BLOCK_COMMENT}`,
    string: [`[xX]?${PLAIN}`],
    unsure: String.raw`/\*[^]*`,
    word: [String.raw`\?\d+`, `[:@$]?${WORD}`],
    name: String.raw`${DOUBLE_QUOTED}|${BACKTICKED}|\[[^\]]*\]`,
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

function compile({ skipped, string, unsure, word, name, unclosed }: TokenPatterns): RegExp {
  const patterns = { skipped, string: string.join('|'), number: NUMBER, unsure, word: word.join('|'), name, unclosed }
  const all: Record<SqlTokenKind, string> = { ...patterns, sign: '[^]' }
  return new RegExp(KINDS.map(kind => `(?<${kind}>${all[kind]})`).join('|'), 'y')
}

/** What stands in a text at a place before its end. */
export function readToken(source: string, at: number, dialect: SqlDialect): SqlToken {
  const pattern = PATTERNS[dialect]
  pattern.lastIndex = at
  const match = pattern.exec(source)
  const kind = KINDS.find(name => match?.groups?.[name] !== undefined)
  if (match === null || kind === undefined) return { kind: 'unsure', text: source.slice(at) }
  const [text] = match
  if (kind !== 'skipped' || dialect !== 'postgresql' || text !== '/*') return { kind, text }
  return { kind, text: source.slice(at, endOfComment(source, at + text.length)) }
}

function endOfComment(source: string, from: number): number {
  const marks = /\/\*|\*\//g
  marks.lastIndex = from
  for (let depth = 1; depth > 0; ) {
    const mark = marks.exec(source)
    if (mark === null) return source.length
    depth += mark[0] === '/*' ? 1 : -1
  }
  return marks.lastIndex
}
