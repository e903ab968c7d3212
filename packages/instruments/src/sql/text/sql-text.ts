import { Math } from '@osprofiler/core/toolkit'
import { readToken, type SqlDialect, type SqlToken } from './sql-tokens.js'
import { SqliteStrings } from './sqlite-strings.js'

/** Maximum number of characters that are read of a statement. */
const MAX_READ = 50_000
/** Maximum number of characters that are recorded of a statement. */
export const MAX_STATEMENT = 4_000

/** Statement that may be shown, and the literals that were hidden, which errors may repeat. */
export interface ReadStatement {
  readonly text: string
  readonly literals: readonly string[]
}

/**
 * Reads a statement with `?` for each literal, without comments, and with single spaces. Names, placeholders and words
 * stay. Words are hidden as values of `PRAGMA x = word`, `SET x = word` and `ALTER ROLE y SET x = word`, and as
 * passwords without quotes. So are names that SQLite may read as strings: `= "value"`.
 *
 * Hides what cannot be read for sure:
 * - everything after a comment that MySQL executes or that contains another one, and after a NUL, where servers may
 *   stop
 * - everything from the first string on, if a quote is never closed or a word directly follows a string. An apostrophe
 *   that was not doubled in a value looks like this: the rest of the value is then outside of the string
 * - the same if a string contains a backslash and the rest cannot be SQL. Such a server has changed the default of
 *   `standard_conforming_strings` or `NO_BACKSLASH_ESCAPES`, and reads the string in another way
 * - everything after a `COPY`, because rows may follow
 */
export function readStatement(sql: string, dialect: SqlDialect): ReadStatement {
  const nul = sql.indexOf('\0')
  const end = Math.min(MAX_READ, nul < 0 ? sql.length : nul)
  const source = sql.slice(0, end)
  const reading = new Reading(dialect)
  let at = 0
  while (at < end && reading.goesOn) {
    const token = readToken(source, at, dialect)
    at += token.text.length
    reading.read(token, source[at])
  }
  if (at === nul) reading.read({ kind: 'unsure', text: '' }, undefined)
  return reading.finish(at < sql.length)
}

class Reading {
  goesOn = true
  readonly #dialect: SqlDialect
  readonly #literals: string[] = []
  #text = ''
  #spaced = false
  #previous = ''
  /** Where the first string began, and whether the server may see another end of a string. */
  #stringFrom: number | undefined
  #doubtful = false
  #unclosed = false
  /** Whether the text already shows that the rest is hidden. */
  #sealed = false
  #statement = new Statement()
  readonly #strings: SqliteStrings | undefined
  /** Whether rows of a `COPY` may follow. */
  #rows = false

  constructor(dialect: SqlDialect) {
    this.#dialect = dialect
    if (dialect === 'sqlite') this.#strings = new SqliteStrings()
  }

  /** Takes a token. `next` is the character after it. */
  read({ kind, text }: SqlToken, next: string | undefined): void {
    if (kind === 'skipped') {
      this.#spaced = this.#text !== ''
      return
    }
    if (this.#rows || kind === 'unsure') this.#seal()
    else if (kind === 'string') this.#string(text, next)
    else if (kind === 'number') this.#hide(text)
    else if (kind === 'word') this.#word(text)
    else if (kind === 'name') this.#name(text, next)
    else if (kind === 'sign') this.#sign(text)
    else this.#hide(text)
    this.#unclosed = kind === 'unclosed'
    this.#previous = text
    if (this.#text.length > MAX_STATEMENT) this.goesOn = false
  }

  /** `cut` says that the statement is longer than what was read. */
  finish(cut: boolean): ReadStatement {
    this.#hideNames(this.#strings?.end())
    if ((cut && this.#doubtful) || (!cut && this.#unclosed)) this.#sealStrings()
    const more = !this.#sealed && (cut || this.#text.length > MAX_STATEMENT)
    return { text: `${this.#text.slice(0, MAX_STATEMENT)}${more ? '...' : ''}`, literals: this.#literals }
  }

  #string(text: string, next: string | undefined): void {
    this.#statement.passSecret()
    this.#hide(text)
    this.#stringFrom ??= this.#text.length - 1
    this.#doubtful ||= this.#dialect !== 'sqlite' && text.includes('\\') && !/^[eE$]/.test(text)
    // Such text is no SQL, or an `E'...'` string goes on and is not closed.
    const goesOn = /^[eE]'/.test(this.#previous) && text.startsWith("'")
    if (goesOn || (next !== undefined && /[\w'"\\\x80-\uffff]/.test(next))) this.#sealStrings()
  }

  #word(text: string): void {
    this.#strings?.word(text, this.#previous)
    if (this.#statement.isValue(text, this.#previous)) this.#hide(text)
    else this.#add(text)
  }

  #name(text: string, next: string | undefined): void {
    const isValue = this.#statement.passSecret() || this.#isStringOfSqlite(text, next)
    if (isValue) this.#hide(text)
    else this.#add(text)
  }

  #isStringOfSqlite(text: string, next: string | undefined): boolean {
    if (this.#strings === undefined || !text.startsWith('"')) return false
    return this.#strings.isString(text, this.#previous, next, this.#text.length + (this.#spaced ? 1 : 0))
  }

  /** Hides names that turned out to be strings. Goes backwards, because the places are those of the unchanged text. */
  #hideNames(places: readonly number[] | undefined): void {
    for (const place of places?.toReversed() ?? []) {
      const [name] = /^"[^"]*(?:""[^"]*)*"/.exec(this.#text.slice(place)) ?? []
      if (name === undefined) continue
      this.#literals.push(name)
      this.#text = `${this.#text.slice(0, place)}?${this.#text.slice(place + name.length)}`
      if (this.#stringFrom !== undefined && this.#stringFrom > place) this.#stringFrom -= name.length - 1
    }
  }

  #sign(text: string): void {
    if (text === '\\' && this.#doubtful) return this.#sealStrings()
    this.#hideNames(this.#strings?.sign(text, this.#previous))
    this.#add(text)
    if (text === ';') {
      this.#rows = this.#statement.verb === 'COPY'
      this.#statement = new Statement()
    } else {
      this.#statement.sign(text)
    }
  }

  #hide(text: string): void {
    this.#literals.push(text)
    this.#add('?')
  }

  #add(text: string): void {
    this.#text += this.#spaced ? ` ${text}` : text
    this.#spaced = false
  }

  #seal(): void {
    this.#add('?')
    this.#sealed = true
    this.goesOn = false
  }

  #sealStrings(): void {
    if (this.#stringFrom === undefined) return
    this.#text = this.#text.slice(0, this.#stringFrom)
    this.#spaced = false
    this.#seal()
  }
}

const SETS = /^(?:ALTER|CREATE|SET)$/
const MADE = /^(?:ALTER|CREATE|REPLACE)$/i
const ACCOUNT = /^(?:USER|ROLE|GROUP)$/
const SECRET_FOLLOWS = /^(?:BY|PASSWORD|RANDOM)$/
const SECRET_OF_PLUGIN_FOLLOWS = /^(?:AS|USING)$/

/** Finds the words of one statement that are values. */
class Statement {
  verb = ''
  /** `#sets`: the statement may change a setting. `#setting`: the sign before the value has come. */
  #sets = false
  #setting = false
  /** `#account`: the statement is about logins. `#plugin`: `IDENTIFIED` has come. `#secret`: a password comes next. */
  #account = false
  #plugin = false
  #secret = false

  /** Takes a word. Returns whether it is a value. */
  isValue(word: string, previous: string): boolean {
    const upper = word.toUpperCase()
    if (!/^(?:EXPLAIN|QUERY|PLAN)$/.test(upper)) this.verb ||= upper
    const isSecret = this.#isSecret(upper, previous)
    if (isSecret || this.#setting) return true
    if (upper === 'PRAGMA' || (upper === 'SET' && SETS.test(this.verb))) this.#sets = true
    // `SET NULL` and `SET DEFAULT` belong to a foreign key or a column.
    if (/^SET$/i.test(previous) && /^(?:NULL|DEFAULT)$/.test(upper)) this.#sets = false
    this.#setting = this.#sets && upper === 'TO'
    return false
  }

  #isSecret(upper: string, previous: string): boolean {
    if (upper === 'IDENTIFIED') this.#plugin = true
    if (this.#plugin || (ACCOUNT.test(upper) && MADE.test(previous))) this.#account = true
    const follows =
      (this.#account && SECRET_FOLLOWS.test(upper)) ||
      (this.#plugin && SECRET_OF_PLUGIN_FOLLOWS.test(upper)) ||
      (this.verb === 'ATTACH' && upper === 'KEY')
    if (!follows) return this.passSecret()
    this.#secret = true
    return this.#setting
  }

  /** Returns whether the next token is a value. After it, no password follows. */
  passSecret(): boolean {
    const isSecret = this.#secret
    this.#secret = false
    return isSecret || this.#setting
  }

  sign(sign: string): void {
    if (!this.#sets) return
    if (sign === '=' || (sign === '(' && /^(?:SET|PRAGMA)$/.test(this.verb))) this.#setting = true
  }
}
