/** Whose rules a statement is read by: what is a string and what a comment differs. */
export type SqlDialect = 'postgresql' | 'mysql' | 'sqlite'

/** What is read of a statement, and how much of it is recorded, in characters. */
const MAX_READ = 50_000
export const MAX_STATEMENT = 4_000

// In each: what is left out, what is kept as it is, and what is a value. The order decides. A quote that is never
// closed runs to the end. All are linear: no repeated part of a pattern can be read in two ways.
const BACKSLASHED = String.raw`'[^'\\]*(?:(?:\\(?:[^]|$)|'')[^'\\]*)*(?:'|$)`
const PLAIN = "'[^']*(?:''[^']*)*(?:'|$)"
const NUMBER = String.raw`\.?\d[\w.$]*(?:(?<=[eE])[+-]\d+)?`
const WORD = String.raw`[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*`
const BACKTICKED = '`[^`]*(?:``[^`]*)*(?:`|$)'
const DOUBLE_QUOTED = '"[^"]*(?:""[^"]*)*(?:"|$)'
const BLOCK_COMMENT = String.raw`/\*[^]*?(?:\*/|$)`
const LINE_COMMENT = String.raw`--[^\n\r]*`

const TOKENS = {
  postgresql: compile({
    // The rest of it, for they nest, is skipped by hand.
    skipped: String.raw`\s+|${LINE_COMMENT}|/\*`,
    value: [
      `[eE]${BACKSLASHED}`,
      `(?:[bBxXnN]|[uU]&)?${PLAIN}`,
      String.raw`\$(?<tag>(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?)\$[^]*?(?:\$\k<tag>\$|$)`,
      NUMBER,
    ],
    kept: [String.raw`\$\d+`, `[:@]?${WORD}`],
    name: `(?:[uU]&)?${DOUBLE_QUOTED}`,
  }),
  mysql: compile({
    skipped: String.raw`\s+|#[^\n\r]*|--(?=[\s\x00-\x1f]|$)[^\n\r]*|${BLOCK_COMMENT}`,
    // In double quotes stands a name where sql_mode has ANSI_QUOTES, and nobody tells us.
    value: [`[bBxXnN]?${BACKSLASHED}`, BACKSLASHED.replaceAll("'", '"'), NUMBER],
    kept: [`[:@]*${WORD}`],
    name: BACKTICKED,
  }),
  sqlite: compile({
    skipped: String.raw`\s+|${LINE_COMMENT}|${BLOCK_COMMENT}`,
    value: [`[xX]?${PLAIN}`, NUMBER],
    kept: [String.raw`\?\d+`, `[:@$]?${WORD}`],
    name: String.raw`${DOUBLE_QUOTED}|${BACKTICKED}|\[[^\]]*(?:\]|$)`,
  }),
} satisfies Record<SqlDialect, RegExp>

interface TokenPatterns {
  readonly skipped: string
  readonly value: readonly string[]
  readonly kept: readonly string[]
  readonly name: string
}

function compile({ skipped, value, kept, name }: TokenPatterns): RegExp {
  const parts = { skipped, value: value.join('|'), kept: kept.join('|'), name, other: '[^]' }
  const groups = Object.entries(parts).map(([group, pattern]) => `(?<${group}>${pattern})`)
  return new RegExp(groups.join('|'), 'y')
}

/** A statement as it may be shown, and what was hidden of it. */
export interface ReadStatement {
  readonly text: string
  readonly literals: readonly string[]
}

/**
 * Reads a statement with each literal replaced by `?`, its comments left out and its spaces made one. Names,
 * placeholders and words stay. Of `PRAGMA x = word` and `SET x = word` the words are values as well.
 *
 * What cannot be read surely is not shown: from an unclosed quote on; all that stands in and behind a comment that
 * MySQL executes; and, where what follows a string with a backslash cannot be SQL, from that string on, for then the
 * server has `standard_conforming_strings` or `NO_BACKSLASH_ESCAPES` set against the default, and read it otherwise.
 */
export function readStatement(sql: string, dialect: SqlDialect): ReadStatement {
  const source = sql.length > MAX_READ ? sql.slice(0, MAX_READ) : sql
  const pattern = TOKENS[dialect]
  const reading = new Reading()
  let at = 0
  while (at < source.length && reading.text.length <= MAX_STATEMENT) {
    pattern.lastIndex = at
    const match = pattern.exec(source)
    if (match === null) break
    const [token] = match
    const { skipped, value, name, kept } = match.groups ?? {}
    const end = at + token.length
    if (skipped !== undefined) {
      if (dialect === 'mysql' && /^\/\*M?!/.test(token)) return reading.finish(' ?')
      at = dialect === 'postgresql' && token === '/*' ? skipNestedComment(source, end) : end
      reading.space()
      continue
    }
    if (value !== undefined) reading.value(token, isDoubtful(token, dialect), source[end])
    else if (kept !== undefined) reading.word(token)
    else if (name !== undefined) reading.name(token, end === source.length)
    else reading.sign(token)
    if (reading.broken) return reading.finish('')
    at = end
  }
  return reading.finish(at < sql.length ? '...' : '')
}

/** Whether a server with another setting would have ended this string elsewhere. */
function isDoubtful(token: string, dialect: SqlDialect): boolean {
  return dialect !== 'sqlite' && token.includes('\\') && !/^[eE$]/.test(token)
}

function skipNestedComment(source: string, from: number): number {
  const marks = /\/\*|\*\//g
  marks.lastIndex = from
  for (let depth = 1; depth > 0; ) {
    const mark = marks.exec(source)
    if (mark === null) return source.length
    depth += mark[0] === '/*' ? 1 : -1
  }
  return marks.lastIndex
}

/** What has been read so far. */
class Reading {
  text = ''
  /** Whether what comes next cannot be told. */
  broken = false
  readonly #literals: string[] = []
  #spaced = false
  /** Where the first string began of which the server may have seen another end. */
  #doubtfulFrom: number | undefined
  /** The first word of the statement that this is. */
  #verb = ''
  /** Behind the sign that makes a word a value. */
  #setting = false

  space(): void {
    this.#spaced = this.text !== ''
  }

  value(token: string, doubtful: boolean, next: string | undefined): void {
    this.#hide(token)
    if (doubtful) this.#doubtfulFrom ??= this.text.length - 1
    // A string that another one follows at once, or a word: no SQL that somebody writes.
    if (this.#doubtfulFrom !== undefined && next !== undefined && /[\w'"\\]/.test(next)) this.#break()
    if (/^['"]/.test(token) && (token.length === 1 || token.at(-1) !== token[0])) this.#break()
  }

  word(token: string): void {
    this.#verb ||= token.toUpperCase()
    const sets = this.#verb === 'SET' || this.#verb === 'PRAGMA'
    if (sets && this.#setting) {
      this.#hide(token)
    } else {
      this.#add(token)
      if (sets && /^to$/i.test(token)) this.#setting = true
    }
  }

  name(token: string, last: boolean): void {
    const closed = token.length > 1 && (token.at(-1) === '"' || token.at(-1) === '`' || token.at(-1) === ']')
    if (this.#setting || (last && !closed)) this.#hide(token)
    else this.#add(token)
  }

  sign(token: string): void {
    if (token === '\\') this.#break()
    if (token === ';') this.#verb = ''
    this.#setting = token === ';' ? false : this.#setting || ((token === '=' || token === '(') && isSetting(this.#verb))
    this.#add(token)
  }

  finish(end: string): ReadStatement {
    if (end !== '' && this.#doubtfulFrom !== undefined) this.#break()
    const text = this.broken ? this.text : `${this.text.slice(0, MAX_STATEMENT)}${end}`
    return { text, literals: this.#literals }
  }

  #hide(token: string): void {
    this.#literals.push(token)
    this.#add('?')
  }

  #add(token: string): void {
    this.text += this.#spaced ? ` ${token}` : token
    this.#spaced = false
  }

  #break(): void {
    if (this.#doubtfulFrom === undefined) return
    this.text = `${this.text.slice(0, this.#doubtfulFrom)}?`
    this.broken = true
  }
}

function isSetting(verb: string): boolean {
  return verb === 'SET' || verb === 'PRAGMA'
}
