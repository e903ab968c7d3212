import { asNumber } from '@osprofiler/core/json'
import { isContainer, readField, readText } from '../tree/read-field.js'
import type { ReportNode } from '../tree/report.js'
import { isOutgoing } from './calls/service-calls.js'

const MAX_TEXT_CHARS = 4000
const MAX_INPUTS = 100
/** Represents a value that is not recorded. Such a value never counts as known. */
const UNKNOWN = '?'

/**
 * Returns the values that a query or request needs before it can be sent, except for constants of the program. The
 * value 42 becomes `=42`. A value that is not recorded becomes the column with which it is compared, such as
 * `@user_id`, or `UNKNOWN`.
 */
export function readInputs(node: ReportNode): string[] {
  if (!isOutgoing(node)) return readQueryInputs(node)
  const path = readText(node.start, 'info', 'requests', 'path') ?? ''
  const query = readText(node.start, 'info', 'requests', 'query') ?? ''
  const parts = [...listSegments(path).filter(isValueInPath), ...listPairs(query).filter(isValueInQuery)]
  return [...parts.map(({ value }) => toValueInput(value)), ...listUnread(path, query)]
}

/** Returns the values in the URL of a served request, in the same form as `readInputs`. */
export function readServedValues({ start }: ReportNode): string[] {
  const path = readText(start, 'info', 'request', 'path') ?? ''
  const query = readText(start, 'info', 'request', 'query') ?? ''
  return [...listSegments(path), ...listPairs(query)].map(({ value }) => `=${value}`)
}

/** A redacted value counts as unknown, because two redacted values look alike, but may differ. */
function toValueInput(value: string): string {
  return value.includes('***') || value.length > MAX_TEXT_CHARS ? UNKNOWN : `=${value}`
}

/** Returns an unknown input if a text is longer than what is read, because the rest of the text may contain values. */
function listUnread(...texts: readonly string[]): string[] {
  return texts.some(text => text.length > MAX_TEXT_CHARS) ? [UNKNOWN] : []
}

/** Returns whether every input is known. */
export function areKnown(inputs: readonly string[], known: ReadonlySet<string>): boolean {
  return inputs.length <= MAX_INPUTS && inputs.every(input => input !== UNKNOWN && known.has(input))
}

/** A part of a URL, and the text before it: the previous segment of the path, or the name of the parameter. */
interface UrlPart {
  readonly value: string
  readonly before: string
}

function listSegments(path: string): UrlPart[] {
  const segments = path.slice(0, MAX_TEXT_CHARS).split('/').map(decode)
  return segments
    .map((value, index) => ({ value, before: segments[index - 1] ?? '' }))
    .filter(({ value }) => value !== '')
}

function listPairs(query: string): UrlPart[] {
  const pairs = query.slice(0, MAX_TEXT_CHARS).split('&')
  return pairs
    .map(pair => pair.split('='))
    .map(([name = '', ...value]) => ({ value: decode(value.join('=').replaceAll('+', ' ')), before: decode(name) }))
    .filter(({ value }) => value !== '')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const CONSTANT_WORD = /^(?:[a-z]+(?:[-_][a-z]+)*|[a-z]+(?:[A-Z][a-z]+)+|v\d{1,2})(?:\.(?:json|xml|html))?$/
const COMMON_WORD =
  /^(?:active|all|by-\w+|count|current|featured|latest|list|me|new|popular|recent|search|self|stats|status|summary|top)$/
const COUNT_PARAMETER = /^(?:count|first|limit|max|offset|page|page_?size|per_?page|size|skip|take|top)$/i

/**
 * Returns whether a segment is probably a value and not a constant. A word after a plural, as in `/teams/blue`, is
 * probably the name of one of the teams.
 */
function isValueInPath({ value, before }: UrlPart): boolean {
  return !CONSTANT_WORD.test(value) || (/^[a-z-_]+s$/i.test(before) && !COMMON_WORD.test(value) && !/s$/.test(value))
}

function isValueInQuery({ value, before }: UrlPart): boolean {
  return !CONSTANT_WORD.test(value) && !(COUNT_PARAMETER.test(before) && /^\d{1,4}$/.test(value))
}

/** A placeholder of a statement, or a literal that was replaced by `?`. */
interface Placeholder {
  readonly text: string
  readonly column: string | undefined
  readonly isCount: boolean
}

function readQueryInputs({ start }: ReportNode): string[] {
  const recorded = readText(start, 'info', 'db', 'statement') ?? ''
  const statement = recorded.slice(0, MAX_TEXT_CHARS)
  const placeholders = listPlaceholders(statement)
  // A statement of more than 4,000 characters is recorded without its end, and with three dots instead.
  const unread = placeholders.length > MAX_INPUTS ? [UNKNOWN] : listUnread(recorded)
  const params = readField(start, 'info', 'db', 'params')
  if (isContainer(params) && Object.keys(params).length > 0) {
    // If the parameters are recorded, the statement also contains its literals, which may be inputs, too.
    return [...readParams(params, placeholders), ...listLiterals(statement), ...unread]
  }
  const tables = createTableFinder(statement)
  const isPostgresql = readText(start, 'info', 'db', 'system') === 'postgresql'
  const needed = placeholders.filter(({ text, column, isCount }) => {
    // PostgreSQL has no placeholder `?`. In its statements, `?` was recorded in place of a literal.
    const isLiteral = isPostgresql && text === '?' && !/(?:^|_|[a-z.])(?:id|uuid|key)$/i.test(column ?? '')
    return !isCount && !isLiteral
  })
  const literals = placeholders.some(({ text }) => text === '?') ? [] : listLiterals(statement)
  return [...needed.map(({ column }) => toColumnInput(column, tables)), ...literals, ...unread]
}

const PLACEHOLDER = /\$\d{1,4}|\?|%s|(?<![:\w]):\w{1,64}|@\w{1,64}|%\(\w{1,64}\)s/g
const COMPARED_COLUMN =
  /([\w.`"[\]]{1,200})\s{0,9}(?:=|<>|!=|<=?|>=?|\bi?like\b|\bin\s{0,9}\(|=\s{0,9}any\s{0,9}\()\s{0,9}$/i
const COUNT_WORD = /\b(?:limit|offset|first|next|top)\s{0,9}\(?$/i
const CONTEXT_CHARS = 250

function listPlaceholders(statement: string): Placeholder[] {
  const found: Placeholder[] = []
  for (const { 0: text, index } of statement.matchAll(PLACEHOLDER)) {
    if (found.length > MAX_INPUTS) break
    const before = statement.slice(Math.max(0, index - CONTEXT_CHARS), index)
    found.push({ text, column: COMPARED_COLUMN.exec(before)?.[1], isCount: COUNT_WORD.test(before) })
  }
  return found
}

function readParams(params: object, placeholders: readonly Placeholder[]): string[] {
  const isCount = (index: number): boolean =>
    Array.isArray(params) &&
    (placeholders.find(({ text }) => text === `$${index + 1}`) ?? placeholders[index])?.isCount === true
  const values: readonly unknown[] = Object.values(params)
  if (values.length > MAX_INPUTS) return [UNKNOWN]
  return values
    .filter((_, index) => !isCount(index))
    .map(value => (typeof value === 'string' || asNumber(value) !== undefined ? toValueInput(String(value)) : UNKNOWN))
}

/** Lists the literals that may be values that the program inserted into the text. Leaves out counts and plain words. */
function listLiterals(statement: string): string[] {
  const found: string[] = []
  for (const { 0: text, 1: quoted, index } of statement.matchAll(LITERAL)) {
    if (found.length > MAX_INPUTS) break
    const isValue =
      quoted === undefined
        ? COMPARED_COLUMN.test(statement.slice(Math.max(0, index - CONTEXT_CHARS), index))
        : !CONSTANT_WORD.test(quoted)
    if (isValue) found.push(`=${quoted ?? text}`)
  }
  return found
}

const LITERAL = /'((?:[^']|'')*)'|(?<![\w.$:@])\d+(?:\.\d+)?(?![\w.])/g

/**
 * Creates a function that returns the table with the given name or alias. Without a name, the function returns the
 * statement's only table.
 */
function createTableFinder(statement: string): (alias: string | undefined) => string | undefined {
  const tables = new Map<string, string>()
  let only: string | undefined
  for (const [, table = '', alias = ''] of statement.matchAll(
    /\b(?:from|join)\s{1,9}([\w.`"[\]]{1,200})(?:\s{1,9}(?:as\s{1,9})?(?!join\b)([\w`"]{1,200}))?/gi,
  )) {
    const name = toPlainName(table)
    only = tables.size === 0 ? name : undefined
    tables.set(name, name)
    tables.set(toPlainName(alias), name)
  }
  return alias => (alias === undefined ? only : tables.get(alias))
}

/**
 * Returns a name for the column of a value, such as `@user_id`. The name is the same for the column `id` of `users` and
 * the column `user_id` of another table, because both contain the same values.
 */
function toColumnInput(column: string | undefined, findTable: ReturnType<typeof createTableFinder>): string {
  if (column === undefined) return UNKNOWN
  const parts = column.split('.').map(toPlainName)
  const name = parts.at(-1) ?? ''
  if (!/^(?:id|uuid|key|code|name|value)$/.test(name)) return `@${name}`
  const table = findTable(parts.at(-2))
  return table === undefined ? UNKNOWN : `@${table.replace(/ies$/, 'y').replace(/(?<!s)s$/, '')}_${name}`
}

/** Returns a name without its quotes and its schema, in the form `user_id`. */
function toPlainName(name: string): string {
  const plain = (name.split('.').at(-1) ?? '').replace(/[`"[\]]/g, '')
  return plain.replace(/(?<=[a-z\d])(?=[A-Z])/g, '_').toLowerCase()
}
