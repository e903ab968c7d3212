import { Math } from '@osprofiler/core/toolkit'
import { readToken, type SqlDialect, type SqlToken } from './sql-tokens.js'
import { SqliteStrings } from './sqlite-strings.js'

/** Maximum number of characters of a statement that are read. */
const MAX_READ_CHARS = 50_000
/** Maximum number of characters of a statement that are recorded. */
export const MAX_STATEMENT_CHARS = 4_000

/** A statement that may be shown, and the literals that were hidden in it. Error messages may repeat these literals. */
export interface RedactedStatement {
  readonly text: string
  readonly literals: readonly string[]
}

/**
 * Returns a statement with `?` for each literal, without comments, and with single spaces. Names, placeholders and
 * keywords stay. A password without quotes is hidden, and so is the value in `PRAGMA x = word`, `SET x = word` or
 * `ALTER ROLE y SET x = word`. A quoted name is hidden if SQLite may read it as a string: `= "value"`.
 *
 * Hides every part that cannot be read reliably:
 * - everything from the start of a comment that MySQL executes or that contains another comment
 * - everything from a NUL character on, because servers may stop reading there
 * - everything from the first string on, if a quote is never closed or a word directly follows a string. For example,
 *   if an apostrophe in a value was not doubled, the rest of the value is outside the string
 * - everything from the first string on, if a string contains a backslash and the rest cannot be SQL. In this case, the
 *   server does not use the default of `standard_conforming_strings` or `NO_BACKSLASH_ESCAPES`, and ends the string
 *   elsewhere
 * - everything after a `COPY` statement, because rows of data may follow
 */
export function redactStatement(sql: string, dialect: SqlDialect): RedactedStatement {
  const nul = sql.indexOf('\0')
  const end = Math.min(MAX_READ_CHARS, nul < 0 ? sql.length : nul)
  const source = sql.slice(0, end)
  const reader = new StatementReader(dialect)
  let at = 0
  while (at < end && reader.isReading) {
    const token = readToken(source, at, dialect)
    at += token.text.length
    reader.read(token, source[at])
  }
  if (at === nul) reader.read({ kind: 'unsure', text: '' }, undefined)
  return reader.finish(at < sql.length)
}

class StatementReader {
  isReading = true
  readonly #dialect: SqlDialect
  readonly #literals: string[] = []
  #text = ''
  #hasSpaceBefore = false
  #previous = ''
  /**
   * The position of the first string in the text, and whether the server may end a string at a different place than
   * this class does.
   */
  #firstStringAt: number | undefined
  #hasAmbiguousString = false
  #isUnclosed = false
  /** Whether the text already ends with the `?` that replaces the hidden end of the statement. */
  #isRestHidden = false
  #valueFinder = new ValueFinder()
  readonly #strings: SqliteStrings | undefined
  /** Whether the data rows of a `COPY` statement may follow. */
  #mayHaveRows = false

  constructor(dialect: SqlDialect) {
    this.#dialect = dialect
    if (dialect === 'sqlite') this.#strings = new SqliteStrings()
  }

  /** Reads a token. `next` is the character after the token. */
  read({ kind, text }: SqlToken, next: string | undefined): void {
    if (kind === 'skipped') {
      this.#hasSpaceBefore = this.#text !== ''
      return
    }
    if (this.#mayHaveRows || kind === 'unsure') this.#hideRest()
    else if (kind === 'string') this.#readString(text, next)
    else if (kind === 'number') this.#hide(text)
    else if (kind === 'word') this.#readWord(text)
    else if (kind === 'name') this.#readName(text, next)
    else if (kind === 'sign') this.#readSign(text)
    else this.#hide(text)
    this.#isUnclosed = kind === 'unclosed'
    this.#previous = text
    if (this.#text.length > MAX_STATEMENT_CHARS) this.isReading = false
  }

  /** Returns the redacted statement. `isCut` means that the statement is longer than the part that was read. */
  finish(isCut: boolean): RedactedStatement {
    this.#hideNames(this.#strings?.endStatement())
    if ((isCut && this.#hasAmbiguousString) || (!isCut && this.#isUnclosed)) this.#hideFromFirstString()
    const more = !this.#isRestHidden && (isCut || this.#text.length > MAX_STATEMENT_CHARS)
    return { text: `${this.#text.slice(0, MAX_STATEMENT_CHARS)}${more ? '...' : ''}`, literals: this.#literals }
  }

  #readString(text: string, next: string | undefined): void {
    this.#valueFinder.consumeSecret()
    this.#hide(text)
    this.#firstStringAt ??= this.#text.length - 1
    this.#hasAmbiguousString ||= this.#dialect !== 'sqlite' && text.includes('\\') && !/^[eE$]/.test(text)
    // In SQL, no string directly follows an `E'...'` string. So the text is not SQL, or the `E'...'` string is not closed.
    const continuesEscapeString = /^[eE]'/.test(this.#previous) && text.startsWith("'")
    if (continuesEscapeString || (next !== undefined && /[\w'"\\\x80-\uffff]/.test(next))) this.#hideFromFirstString()
  }

  #readWord(text: string): void {
    this.#strings?.readWord(text, this.#previous)
    if (this.#valueFinder.takeWord(text, this.#previous)) this.#hide(text)
    else this.#add(text)
  }

  #readName(text: string, next: string | undefined): void {
    const isValue = this.#valueFinder.consumeSecret() || this.#isStringOfSqlite(text, next)
    if (isValue) this.#hide(text)
    else this.#add(text)
  }

  #isStringOfSqlite(text: string, next: string | undefined): boolean {
    if (this.#strings === undefined || !text.startsWith('"')) return false
    return this.#strings.isString(text, this.#previous, next, this.#text.length + (this.#hasSpaceBefore ? 1 : 0))
  }

  /**
   * Hides names that turned out to be strings. Starts with the last name, so that the positions of the others stay
   * valid.
   */
  #hideNames(places: readonly number[] | undefined): void {
    for (const place of places?.toReversed() ?? []) {
      const [name] = /^"[^"]*(?:""[^"]*)*"/.exec(this.#text.slice(place)) ?? []
      if (name === undefined) continue
      this.#literals.push(name)
      this.#text = `${this.#text.slice(0, place)}?${this.#text.slice(place + name.length)}`
      if (this.#firstStringAt !== undefined && this.#firstStringAt > place) this.#firstStringAt -= name.length - 1
    }
  }

  #readSign(text: string): void {
    if (text === '\\' && this.#hasAmbiguousString) return this.#hideFromFirstString()
    this.#hideNames(this.#strings?.readSign(text, this.#previous))
    this.#add(text)
    if (text === ';') {
      this.#mayHaveRows = this.#valueFinder.verb === 'COPY'
      this.#valueFinder = new ValueFinder()
    } else {
      this.#valueFinder.readSign(text)
    }
  }

  #hide(text: string): void {
    this.#literals.push(text)
    this.#add('?')
  }

  #add(text: string): void {
    this.#text += this.#hasSpaceBefore ? ` ${text}` : text
    this.#hasSpaceBefore = false
  }

  #hideRest(): void {
    this.#add('?')
    this.#isRestHidden = true
    this.isReading = false
  }

  #hideFromFirstString(): void {
    if (this.#firstStringAt === undefined) return
    this.#text = this.#text.slice(0, this.#firstStringAt)
    this.#hasSpaceBefore = false
    this.#hideRest()
  }
}

const SETTING_VERBS = /^(?:ALTER|CREATE|SET)$/
const ACCOUNT_VERBS = /^(?:ALTER|CREATE|REPLACE)$/i
const ACCOUNT_NOUNS = /^(?:USER|ROLE|GROUP)$/
const BEFORE_SECRET = /^(?:BY|PASSWORD|RANDOM)$/
const BEFORE_PLUGIN_SECRET = /^(?:AS|USING)$/

/** Finds the words of a statement that are values: passwords, and values of settings. */
class ValueFinder {
  verb = ''
  /**
   * `#mayChangeSetting` is true if the statement's verb, such as `SET`, can change a setting. `#isSettingValueNext` is
   * true directly after the `=` or `TO` that precedes the new value of the setting.
   */
  #mayChangeSetting = false
  #isSettingValueNext = false
  /**
   * `#isAboutAccount` is true if the statement is about logins. `#isIdentified` is true after `IDENTIFIED` has been
   * read. `#isSecretNext` is true if the next token is a password.
   */
  #isAboutAccount = false
  #isIdentified = false
  #isSecretNext = false

  /** Reads a word. Returns whether the word is a value. */
  takeWord(word: string, previous: string): boolean {
    const upper = word.toUpperCase()
    if (!/^(?:EXPLAIN|QUERY|PLAN)$/.test(upper)) this.verb ||= upper
    const isSecret = this.#isSecret(upper, previous)
    if (isSecret || this.#isSettingValueNext) return true
    if (upper === 'PRAGMA' || (upper === 'SET' && SETTING_VERBS.test(this.verb))) this.#mayChangeSetting = true
    // `SET NULL` and `SET DEFAULT` are part of a foreign key or column definition.
    if (/^SET$/i.test(previous) && /^(?:NULL|DEFAULT)$/.test(upper)) this.#mayChangeSetting = false
    this.#isSettingValueNext = this.#mayChangeSetting && upper === 'TO'
    return false
  }

  #isSecret(upper: string, previous: string): boolean {
    if (upper === 'IDENTIFIED') this.#isIdentified = true
    if (this.#isIdentified || (ACCOUNT_NOUNS.test(upper) && ACCOUNT_VERBS.test(previous))) this.#isAboutAccount = true
    const follows =
      (this.#isAboutAccount && BEFORE_SECRET.test(upper)) ||
      (this.#isIdentified && BEFORE_PLUGIN_SECRET.test(upper)) ||
      (this.verb === 'ATTACH' && upper === 'KEY')
    if (!follows) return this.consumeSecret()
    this.#isSecretNext = true
    return this.#isSettingValueNext
  }

  /** Returns whether the current token is a password or the value of a setting. Resets `#isSecretNext`. */
  consumeSecret(): boolean {
    const isSecret = this.#isSecretNext
    this.#isSecretNext = false
    return isSecret || this.#isSettingValueNext
  }

  readSign(sign: string): void {
    if (!this.#mayChangeSetting) return
    if (sign === '=' || (sign === '(' && /^(?:SET|PRAGMA)$/.test(this.verb))) this.#isSettingValueNext = true
  }
}
