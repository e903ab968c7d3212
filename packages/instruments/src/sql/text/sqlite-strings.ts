import { Set } from '@osprofiler/core/toolkit'

// After these tokens, SQLite reads an unknown name in double quotes as a string.
const BEFORE_VALUE =
  /^(?:[=<>!|+*/%-]|LIKE|GLOB|MATCH|REGEXP|ESCAPE|BETWEEN|IS|NOT|WHEN|THEN|ELSE|DEFAULT|LIMIT|OFFSET)$/i
const BEFORE_LIST = /^(?:VALUES|IN)$/i
const BEFORE_FILE: Readonly<Record<string, RegExp>> = { ATTACH: /^(?:ATTACH|DATABASE)$/i, VACUUM: /^INTO$/i }
const PLAIN_NAME = /^"[\w $\x80-\uffff-]+"$/
/**
 * Functions whose arguments are all values. In the functions of the second list, all arguments except the first are
 * values.
 */
const VALUE_FUNCTION_NAMES = new Set(
  'printf format strftime date time datetime julianday unixepoch timediff json json_array json_object json_each json_tree quote hex unhex char raise concat concat_ws load_extension'.split(
    ' ',
  ),
)
const LATER_VALUE_FUNCTION_NAMES = new Set(
  'coalesce ifnull nullif iif replace instr substr substring trim ltrim rtrim glob like json_extract json_set json_insert json_replace json_remove json_patch json_type json_array_length max min group_concat string_agg'.split(
    ' ',
  ),
)

/** The state for the tokens between two parentheses, or for the whole statement. */
interface Frame {
  /** `takesValues`: whether all arguments are values. `takesValuesLater`: whether all except the first are. */
  readonly takesValues: boolean
  readonly takesValuesLater: boolean
  commaCount: number
  /** Whether the last token was `VALUES` or `IN`. */
  isListNext: boolean
  /** The positions of quoted names between a `SELECT` and its `FROM`. Undefined elsewhere in a statement. */
  selectedNames: number[] | undefined
}

/**
 * Finds names in double quotes that SQLite may read as strings. SQLite does this if no column has the name. Only the
 * database knows its columns, so this class decides by the name's position. If in doubt, the name is hidden.
 */
export class SqliteStrings {
  #frames: Frame[] = [createFrame(false, false)]
  #verb = ''
  /** The word before an opening parenthesis, and whether the word is in the position of a value. */
  #calledWord: { readonly name: string; readonly isValue: boolean } | undefined
  #isAfterBetween = false

  get #frame(): Frame {
    return this.#frames[this.#frames.length - 1] as Frame
  }

  /**
   * Returns whether a name in double quotes may be a string. `previous` is the token before the name, `next` the
   * character after it, and `place` its position in the text.
   */
  isString(text: string, previous: string, next: string | undefined, place: number): boolean {
    this.#calledWord = undefined
    if (next === '.' || previous === '.') return false
    const fileContext = BEFORE_FILE[this.#verb]
    if (!PLAIN_NAME.test(text) || this.#isValuePlace(previous) || fileContext?.test(previous) === true) return true
    // A name in the argument of a function belongs to the `SELECT` that contains the function call.
    this.#frames.findLast(({ selectedNames }) => selectedNames !== undefined)?.selectedNames?.push(place)
    return false
  }

  readWord(text: string, previous: string): void {
    const upper = text.toUpperCase()
    if (this.#verb === '' && !/^(?:EXPLAIN|QUERY|PLAN)$/.test(upper)) this.#verb = upper
    const frame = this.#frame
    const isTable = /^(?:FROM|JOIN)$/i.test(previous)
    this.#calledWord = { name: text.toLowerCase(), isValue: isTable || this.#isValuePlace(previous) }
    frame.isListNext = BEFORE_LIST.test(upper)
    if (upper === 'SELECT') this.#frames[this.#frames.length - 1] = { ...createFrame(false, false), selectedNames: [] }
    if (upper === 'FROM') frame.selectedNames = undefined
    if (upper === 'BETWEEN') this.#isAfterBetween = true
    else if (/^AND$/i.test(previous)) this.#isAfterBetween = false
  }

  /**
   * Reads a sign, such as a parenthesis. Returns the positions of names that must be strings, because their `SELECT`
   * has ended without a table.
   */
  readSign(text: string, previous: string): readonly number[] {
    let strings: readonly number[] = []
    if (text === '(') this.#open(previous)
    else if (text === ')') strings = this.#close()
    else if (text === ';') strings = this.endStatement()
    else if (text === ',') this.#frame.commaCount++
    this.#calledWord = undefined
    return strings
  }

  /** Ends a statement. Returns the positions of names that are strings. */
  endStatement(): readonly number[] {
    const strings = this.#frames.flatMap(({ selectedNames }) => selectedNames ?? [])
    this.#frames = [createFrame(false, false)]
    this.#verb = ''
    this.#isAfterBetween = false
    return strings
  }

  #isValuePlace(previous: string): boolean {
    if (BEFORE_VALUE.test(previous) || (this.#isAfterBetween && /^AND$/i.test(previous))) return true
    const { takesValues, takesValuesLater, commaCount } = this.#frame
    return (previous === '(' || previous === ',') && (takesValues || (takesValuesLater && commaCount > 0))
  }

  #open(previous: string): void {
    const { isListNext } = this.#frame
    const name = this.#calledWord?.name ?? ''
    const inValue = this.#calledWord === undefined ? this.#isValuePlace(previous) : this.#calledWord.isValue
    const isList = isListNext && (previous === ',' || BEFORE_LIST.test(previous))
    const takesValues = isList || inValue || VALUE_FUNCTION_NAMES.has(name)
    this.#frames.push(createFrame(takesValues, LATER_VALUE_FUNCTION_NAMES.has(name)))
  }

  #close(): readonly number[] {
    if (this.#frames.length === 1) return []
    return this.#frames.pop()?.selectedNames ?? []
  }
}

function createFrame(takesValues: boolean, takesValuesLater: boolean): Frame {
  return { takesValues, takesValuesLater, commaCount: 0, isListNext: false, selectedNames: undefined }
}
