import { SearchRefusal } from './search-failure.js'
import { type Field, findField, toDate, valuesAt } from './search-mapping.js'

type Values = Readonly<Record<string, unknown>>

const QUERIES = new Set(['match_all', 'bool', 'exists', 'term', 'terms', 'match', 'range'])

/** Refuses unknown queries, even if there is no document to compare. */
export function checkQuery(query: Values): void {
  const [[kind, body] = ['', undefined], ...more] = Object.entries(query)
  if (more.length > 0) throw new SearchRefusal(400, 'parsing_exception', 'a query has one name')
  if (!QUERIES.has(kind)) throw new SearchRefusal(400, 'parsing_exception', `unknown query [${kind}]`)
  if (kind !== 'bool') return
  const { filter, should, must_not } = body as Values
  for (const part of [filter, should, must_not]) for (const inner of toQueries(part)) checkQuery(inner)
}

/** Returns whether a document matches a query. */
export function matchesQuery(mapping: Field, document: Values, query: Values): boolean {
  const [[kind, body] = ['', undefined]] = Object.entries(query)
  const members = body as Values
  const [[path, operand] = ['', undefined]] = Object.entries(members)
  if (kind === 'match_all') return true
  if (kind === 'bool') return matchesBool(mapping, document, members)
  if (kind === 'exists') return valuesAt(mapping, document, String(members.field)).length > 0
  if (kind === 'term') return hasTerm(mapping, document, path, [toOperand(operand)])
  if (kind === 'terms') return hasTerm(mapping, document, path, operand as unknown[])
  if (kind === 'match') return hasTerm(mapping, document, path, analyze(findField(mapping, path), operand))
  return isInRange(mapping, document, path, operand as Values)
}

function matchesBool(mapping: Field, document: Values, { filter, should, must_not, ...rest }: Values): boolean {
  const unknown = Object.keys(rest).find(key => key !== 'minimum_should_match')
  if (unknown !== undefined)
    throw new SearchRefusal(400, 'parsing_exception', `[bool] query does not support [${unknown}]`)
  const matches = (query: Values) => matchesQuery(mapping, document, query)
  return (
    toQueries(filter).every(matches) &&
    !toQueries(must_not).some(matches) &&
    (should === undefined || toQueries(should).some(matches))
  )
}

function toQueries(queries: unknown): Values[] {
  return queries === undefined ? [] : ([queries].flat() as Values[])
}

function toOperand(operand: unknown): unknown {
  return typeof operand === 'object' && operand !== null ? (operand as Values).value : operand
}

/** Returns the terms of a text. In a `text` field, the terms are the words of the text. */
function analyze(field: Field | undefined, text: unknown): unknown[] {
  if (field?.type !== 'text') return [text]
  return (
    String(text)
      .toLowerCase()
      .match(/[\p{L}\p{N}_]+/gu) ?? []
  )
}

function hasTerm(mapping: Field, document: Values, path: string, terms: readonly unknown[]): boolean {
  if (path === '_index') return terms.includes(document._index)
  const field = findField(mapping, path)
  const indexed = valuesAt(mapping, document, path).flatMap(value => analyze(field, value))
  return terms.some(term => indexed.some(value => String(value) === String(term)))
}

function isInRange(mapping: Field, document: Values, path: string, { gte, lt, ...rest }: Values): boolean {
  if (Object.keys(rest).length > 0)
    throw new SearchRefusal(400, 'parsing_exception', '[range] query is not understood here')
  const field = findField(mapping, path)
  const toNumber = (value: unknown) => (field?.type === 'date' ? toDate(value) : Number(value))
  return valuesAt(mapping, document, path).some(value => {
    const number = toNumber(value)
    if (number === undefined) return false
    return (
      (gte === undefined || number >= toBound(toNumber(gte))) && (lt === undefined || number < toBound(toNumber(lt)))
    )
  })
}

function toBound(number: number | undefined): number {
  if (number !== undefined && !Number.isNaN(number)) return number
  throw new SearchRefusal(400, 'search_phase_execution_exception', 'failed to parse a date of [range]')
}

/**
 * Sorts by a list such as `[{ timestamp: { order: 'asc', unmapped_type: 'date' } }]`. Items without a value come last.
 */
export function sortDocuments<Item>(
  mapping: Field,
  items: readonly Item[],
  sort: readonly Values[],
  documentOf: (item: Item) => Values,
): Item[] {
  const keys = sort.map(entry => readKey(mapping, entry))
  return [...items].sort((one, other) => {
    for (const { path, order } of keys) {
      const compared = compareAt(mapping, path, order, documentOf(one), documentOf(other))
      if (compared !== 0) return compared
    }
    return 0
  })
}

function readKey(mapping: Field, entry: Values): { readonly path: string; readonly order: number } {
  const [[path, given] = ['', undefined]] = Object.entries(entry)
  const { order, unmapped_type: unmapped } = typeof given === 'string' ? { order: given } : (given as Values)
  const field = findField(mapping, path)
  if (field === undefined && unmapped === undefined) {
    throw new SearchRefusal(
      400,
      'search_phase_execution_exception',
      `No mapping found for [${path}] in order to sort on`,
    )
  }
  requireDocValues(field, path)
  return { path, order: order === 'desc' ? -1 : 1 }
}

/** Refuses to sort or count by a `text` field, because the index contains only the field's words, not its value. */
export function requireDocValues(field: Field | undefined, path: string): void {
  if (field?.type !== 'text') return
  throw new SearchRefusal(
    400,
    'search_phase_execution_exception',
    `Fielddata is disabled on [${path}]: it is a text field`,
  )
}

function compareAt(mapping: Field, path: string, order: number, one: Values, other: Values): number {
  const isDate = findField(mapping, path)?.type === 'date'
  const [first, second] = [one, other].map(document => {
    const [value] = valuesAt(mapping, document, path)
    return isDate && value !== undefined ? toDate(value) : value
  })
  if (first === undefined || second === undefined) return Number(first === undefined) - Number(second === undefined)
  if (typeof first === 'number') return (first - Number(second)) * order
  return Buffer.compare(Buffer.from(String(first)), Buffer.from(String(second))) * order
}
