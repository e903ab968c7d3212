import { Set } from '@osprofiler/core/toolkit'

// Behind these SQLite takes a name in double quotes that it does not know for a string.
const VALUE_FOLLOWS =
  /^(?:[=<>!|+*/%-]|LIKE|GLOB|MATCH|REGEXP|ESCAPE|BETWEEN|IS|NOT|WHEN|THEN|ELSE|DEFAULT|LIMIT|OFFSET)$/i
const LIST_FOLLOWS = /^(?:VALUES|IN)$/i
const FILE_FOLLOWS: Readonly<Record<string, RegExp>> = { ATTACH: /^(?:ATTACH|DATABASE)$/i, VACUUM: /^INTO$/i }
const PLAIN_NAME = /^"[\w $\x80-\uffff-]+"$/
/** Their arguments are values, and those of the others from the second one on. */
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

/** What stands between two brackets, or in the whole statement. */
interface Frame {
  /** Whether what follows the bracket or a comma is a value, and how many commas there were. */
  readonly values: boolean
  readonly valuesLater: boolean
  commas: number
  /** Behind `VALUES` or `IN`. */
  list: boolean
  /** Behind `SELECT`, without a table so far: the names in quotes, by their places in the text. */
  selected: number[] | undefined
}

/**
 * Knows which names in double quotes SQLite may read as strings. It takes one that no column has for a string, and what
 * columns there are only the database knows: the place of a name decides, and where that leaves a doubt the name is hidden.
 */
export class SqliteStrings {
  #frames: Frame[] = [createFrame(false, false)]
  #verb = ''
  /** The word before an opening bracket, and whether it stands where a value does. */
  #called: { readonly name: string; readonly isValue: boolean } | undefined
  #between = false

  get #frame(): Frame {
    return this.#frames[this.#frames.length - 1] as Frame
  }

  /** Whether a name in double quotes may be a string; `previous` is what stands before it. */
  isString(text: string, previous: string, next: string | undefined, place: number): boolean {
    this.#called = undefined
    if (next === '.' || previous === '.') return false
    const file = FILE_FOLLOWS[this.#verb]
    if (!PLAIN_NAME.test(text) || this.#isValuePlace(previous) || file?.test(previous) === true) return true
    // Of a function's argument the `SELECT` around the function decides.
    this.#frames.findLast(({ selected }) => selected !== undefined)?.selected?.push(place)
    return false
  }

  /** Takes a word. */
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

  /** Takes a sign. Gives the places of names that were strings, now that no table can follow. */
  sign(text: string, previous: string): readonly number[] {
    let strings: readonly number[] = []
    if (text === '(') this.#open(previous)
    else if (text === ')') strings = this.#close()
    else if (text === ';') strings = this.end()
    else if (text === ',') this.#frame.commas++
    this.#called = undefined
    return strings
  }

  /** At the end of a statement. */
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
