import { Set } from '@osprofiler/core/toolkit'

// After these, SQLite reads an unknown name in double quotes as a string.
const VALUE_FOLLOWS =
  /^(?:[=<>!|+*/%-]|LIKE|GLOB|MATCH|REGEXP|ESCAPE|BETWEEN|IS|NOT|WHEN|THEN|ELSE|DEFAULT|LIMIT|OFFSET)$/i
const LIST_FOLLOWS = /^(?:VALUES|IN)$/i
const FILE_FOLLOWS: Readonly<Record<string, RegExp>> = { ATTACH: /^(?:ATTACH|DATABASE)$/i, VACUUM: /^INTO$/i }
const PLAIN_NAME = /^"[\w $\x80-\uffff-]+"$/
/** Functions whose arguments are values, and functions whose arguments are values from the second one on. */
const TAKES_VALUES = new Set(
  'printf format strftime date time datetime julianday unixepoch timediff json json_array json_object json_each json_tree quote hex unhex char raise concat concat_ws load_extension'.split(
    ' ',
  ),
)
const TAKES_VALUES_LATER = new Set(
  'coalesce ifnull nullif iif replace instr substr substring trim ltrim rtrim glob like json_extract json_set json_insert json_replace json_remove json_patch json_type json_array_length max min group_concat string_agg'.split(
    ' ',
  ),
)

/** The tokens between two brackets, or the whole statement. */
interface Frame {
  /** Whether arguments are values, whether only the later ones are, and how many commas there were. */
  readonly values: boolean
  readonly valuesLater: boolean
  commas: number
  /** Whether `VALUES` or `IN` came last. */
  list: boolean
  /** The places of quoted names after a `SELECT` for which no table has come. */
  selected: number[] | undefined
}

/**
 * Finds names in double quotes that SQLite may read as strings, as it does if no column has the name. Only the database
 * knows its columns, so the place of a name decides. In doubt, the name is hidden.
 */
export class SqliteStrings {
  #frames: Frame[] = [createFrame(false, false)]
  #verb = ''
  /** The word before an opening bracket, and whether it stands in the place of a value. */
  #called: { readonly name: string; readonly isValue: boolean } | undefined
  #between = false

  get #frame(): Frame {
    return this.#frames[this.#frames.length - 1] as Frame
  }

  /** Whether a name in double quotes may be a string. `previous` is the token before it. */
  isString(text: string, previous: string, next: string | undefined, place: number): boolean {
    this.#called = undefined
    if (next === '.' || previous === '.') return false
    const file = FILE_FOLLOWS[this.#verb]
    if (!PLAIN_NAME.test(text) || this.#isValuePlace(previous) || file?.test(previous) === true) return true
    // For an argument of a function, the `SELECT` around the function decides.
    this.#frames.findLast(({ selected }) => selected !== undefined)?.selected?.push(place)
    return false
  }

  word(text: string, previous: string): void {
    const upper = text.toUpperCase()
    if (this.#verb === '' && !/^(?:EXPLAIN|QUERY|PLAN)$/.test(upper)) this.#verb = upper
    const frame = this.#frame
    const isTable = /^(?:FROM|JOIN)$/i.test(previous)
    this.#called = { name: text.toLowerCase(), isValue: isTable || this.#isValuePlace(previous) }
    frame.list = LIST_FOLLOWS.test(upper)
    if (upper === 'SELECT') this.#frames[this.#frames.length - 1] = { ...createFrame(false, false), selected: [] }
    if (upper === 'FROM') frame.selected = undefined
    if (upper === 'BETWEEN') this.#between = true
    else if (/^AND$/i.test(previous)) this.#between = false
  }

  /** Takes a sign. Returns the places of names that are strings, because no table can follow. */
  sign(text: string, previous: string): readonly number[] {
    let strings: readonly number[] = []
    if (text === '(') this.#open(previous)
    else if (text === ')') strings = this.#close()
    else if (text === ';') strings = this.end()
    else if (text === ',') this.#frame.commas++
    this.#called = undefined
    return strings
  }

  /** Ends a statement, and returns the same. */
  end(): readonly number[] {
    const strings = this.#frames.flatMap(({ selected }) => selected ?? [])
    this.#frames = [createFrame(false, false)]
    this.#verb = ''
    this.#between = false
    return strings
  }

  #isValuePlace(previous: string): boolean {
    if (VALUE_FOLLOWS.test(previous) || (this.#between && /^AND$/i.test(previous))) return true
    const { values, valuesLater, commas } = this.#frame
    return (previous === '(' || previous === ',') && (values || (valuesLater && commas > 0))
  }

  #open(previous: string): void {
    const { list } = this.#frame
    const name = this.#called?.name ?? ''
    const inValue = this.#called === undefined ? this.#isValuePlace(previous) : this.#called.isValue
    const isList = list && (previous === ',' || LIST_FOLLOWS.test(previous))
    const values = isList || inValue || TAKES_VALUES.has(name)
    this.#frames.push(createFrame(values, TAKES_VALUES_LATER.has(name)))
  }

  #close(): readonly number[] {
    if (this.#frames.length === 1) return []
    return this.#frames.pop()?.selected ?? []
  }
}

function createFrame(values: boolean, valuesLater: boolean): Frame {
  return { values, valuesLater, commas: 0, list: false, selected: undefined }
}
