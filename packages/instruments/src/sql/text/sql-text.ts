import { Math } from '@osprofiler/core/toolkit'
import { readToken, type SqlDialect, type SqlToken } from './sql-tokens.js'
import { SqliteStrings } from './sqlite-strings.js'

/** What is read of a statement, and how much of it is recorded, in characters. */
const MAX_READ = 50_000
export const MAX_STATEMENT = 4_000

/** A statement as it may be shown, and what was hidden of it. */
export interface ReadStatement {
  readonly text: string
  readonly literals: readonly string[]
}

/**
 * Reads a statement with each literal replaced by `?`, its comments left out and its spaces made one. Names,
 * placeholders and words stay, but for those in the place of a value: of `PRAGMA x = word`, `SET x = word` and
 * `ALTER ROLE y SET x = word`, a password without its quotes, and what SQLite may read as a string, `= "value"`.
 *
 * What cannot be read surely is not shown:
 * - all behind a comment that MySQL executes, or in which another one begins, and behind a NUL, where some servers stop;
 * - all from the first string on where a quote is never closed, or a word follows a string at once: an apostrophe in a
 *   value that nobody has doubled looks so, and what was meant to be in the string stands outside of it;
 * - the same where there is a string with a backslash and what follows cannot be SQL, for then the server has
 *   `standard_conforming_strings` or `NO_BACKSLASH_ESCAPES` set against the default, and read it otherwise;
 * - what follows on a `COPY`, whose rows may stand there.
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

/** What has been read so far. */
class Reading {
  /** Whether there is more that can be told. */
  goesOn = true
  readonly #dialect: SqlDialect
  readonly #literals: string[] = []
  #text = ''
  #spaced = false
  /** What was read last, as it was written. */
  #previous = ''
  /** Where the first string began; whether the server may have seen another end of one. */
  #stringFrom: number | undefined
  #doubtful = false
  #unclosed = false
  /** Whether what was not read is said to be hidden. */
  #sealed = false
  #statement = new Statement()
  readonly #strings: SqliteStrings | undefined
  /** Behind a `COPY`. */
  #rows = false

  constructor(dialect: SqlDialect) {
    this.#dialect = dialect
    if (dialect === 'sqlite') this.#strings = new SqliteStrings()
  }

  /** Takes the next part; `next` is what follows it at once. */
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

  /** `cut` where there was more of the statement. */
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
    // No SQL that somebody writes; or it goes on where a backslash counts, and is not closed there.
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

  /** Hides names that turned out to be strings, the last one first, for the places are those of the text as it is. */
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

  /** Hides all from here on. */
  #seal(): void {
    this.#add('?')
    this.#sealed = true
    this.goesOn = false
  }

  /** Hides all from the first string on. */
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

/** One statement of a text: which of its words are values. */
class Statement {
  /** Its first word. */
  verb = ''
  /** Whether it may change settings; behind the sign that makes words values, to its end. */
  #sets = false
  #setting = false
  /** Whether it is about who may log in; behind the word that makes the next one a password. */
  #account = false
  #plugin = false
  #secret = false

  /** Takes a word, and says whether it stands for a value. */
  isValue(word: string, previous: string): boolean {
    const upper = word.toUpperCase()
    if (!/^(?:EXPLAIN|QUERY|PLAN)$/.test(upper)) this.verb ||= upper
    const isSecret = this.#isSecret(upper, previous)
    if (isSecret || this.#setting) return true
    if (upper === 'PRAGMA' || (upper === 'SET' && SETS.test(this.verb))) this.#sets = true
    // Of a foreign key, or of a column.
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

  /** Whether what comes now is a value; what comes behind it is no password any more. */
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
