import { SearchRefusal } from './search-failure.js'

type Values = Readonly<Record<string, unknown>>

/** A field of an index. */
export interface Field {
  type?: string
  enabled?: boolean
  dynamic?: boolean
  ignore_above?: number
  ignore_malformed?: boolean
  properties?: Record<string, Field>
  fields?: Record<string, Field>
}

const MAX_FIELDS = 1_000
const MAX_DEPTH = 20
const MAX_TERM_BYTES = 32_766
const KNOWN_TYPES = new Set(['keyword', 'text', 'date', 'boolean', 'long', 'float', 'object'])
/** A date in the default format: an ISO 8601 date, possibly shortened. */
const DATE = /^\d{4}(?:-\d\d(?:-\d\d(?:T\d\d(?::\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(?:Z|[+-]\d\d:?\d\d)?)?)?)?$/
const DETECTED_DATE = /^\d{4}(?:-\d\d(?:-\d\d(?:T.*)?)?)?$/

/** Refuses a mapping with an unknown type or parameter. */
export function checkMapping({ properties = {}, fields = {}, type = 'object', ...rest }: Field): void {
  const known = ['enabled', 'dynamic', 'ignore_above', 'ignore_malformed']
  const unknown = Object.keys(rest).find(key => !known.includes(key))
  if (!KNOWN_TYPES.has(type) || unknown !== undefined) {
    throw new SearchRefusal(400, 'mapper_parsing_exception', `No handler for type [${type}], [${unknown}]`)
  }
  for (const field of [...Object.values(properties), ...Object.values(fields)]) checkMapping(field)
}

/**
 * Adds the new fields of a document to the mapping, if the mapping is dynamic. Refuses values that do not fit the
 * mapping.
 */
export function mapDocument(mapping: Field, document: Values): void {
  const draft = structuredClone(mapping)
  mapMembers(draft, draft, document, 1)
  const count = countFields(draft)
  if (count > MAX_FIELDS && count > countFields(mapping)) {
    throw new SearchRefusal(
      400,
      'illegal_argument_exception',
      `Limit of total fields [${MAX_FIELDS}] has been exceeded`,
    )
  }
  Object.assign(mapping, draft)
}

function mapMembers(root: Field, parent: Field, members: Values, depth: number): void {
  if (depth > MAX_DEPTH) {
    throw new SearchRefusal(
      400,
      'illegal_argument_exception',
      `Limit of mapping depth [${MAX_DEPTH}] has been exceeded`,
    )
  }
  for (const [key, value] of Object.entries(members)) {
    const parts = key.split('.')
    if (parts.some(part => part.trim() === '')) throw unparsable(`field name [${key}] is blank or has a blank part`)
    // A name with dots is a path.
    const [name = '', ...rest] = parts
    mapMember(root, parent, name, rest.length > 0 ? { [rest.join('.')]: value } : value, depth)
  }
}

function mapMember(root: Field, parent: Field, name: string, value: unknown, depth: number): void {
  for (const single of [value].flat(Number.POSITIVE_INFINITY)) {
    if (single === null || single === undefined) continue
    parent.properties ??= {}
    const known = Object.hasOwn(parent.properties, name) ? parent.properties[name] : undefined
    if (known === undefined && (parent.dynamic ?? root.dynamic) === false) continue
    const field = known ?? guessField(single)
    if (known === undefined) Object.defineProperty(parent.properties, name, { value: field, enumerable: true })
    if (field.enabled === false) continue
    const isObject = typeof single === 'object'
    if (isObject !== (field.type === undefined || field.type === 'object')) {
      throw unparsable(`object mapping for [${name}] tried to parse it as another type`)
    }
    if (isObject) mapMembers(root, field, single as Values, depth + 1)
    else checkValue(field, name, single)
  }
}

function guessField(value: unknown): Field {
  if (typeof value === 'object') return { properties: {} }
  if (typeof value === 'boolean') return { type: 'boolean' }
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'long' : 'float' }
  if (DETECTED_DATE.test(String(value)) && toDate(value) !== undefined) return { type: 'date' }
  return { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } }
}

function checkValue(field: Field, name: string, value: unknown): void {
  const { type, ignore_malformed: lenient, ignore_above: limit = Number.POSITIVE_INFINITY } = field
  if (type === 'keyword' && String(value).length <= limit && Buffer.byteLength(String(value)) > MAX_TERM_BYTES) {
    throw new SearchRefusal(
      400,
      'illegal_argument_exception',
      `Document contains at least one immense term in [${name}]`,
    )
  }
  const fits =
    type === 'date'
      ? toDate(value) !== undefined
      : type === 'boolean'
        ? ['true', 'false'].includes(String(value))
        : type === 'long' || type === 'float'
          ? Number.isFinite(Number(value))
          : true
  if (!fits && lenient !== true) throw unparsable(`failed to parse field [${name}] of type [${type}]`)
}

/** Converts a date to milliseconds since 1970. Cuts off microseconds and nanoseconds. */
export function toDate(value: unknown): number | undefined {
  const text = String(value)
  if (/^-?\d{5,}$/.test(text)) return Number(text)
  if (!DATE.test(text)) return undefined
  const time = Date.parse(/T/.test(text) && !/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? `${text.slice(0, 23)}Z` : text)
  return Number.isNaN(time) ? undefined : time
}

function countFields({ properties = {}, fields = {} }: Field): number {
  return [...Object.values(properties), ...Object.values(fields)].reduce(
    (sum, field) => sum + 1 + countFields(field),
    0,
  )
}

function unparsable(reason: string): SearchRefusal {
  return new SearchRefusal(400, 'document_parsing_exception', reason)
}

/** Returns the field at a path such as `base_id.keyword` or `info.etype`, or undefined if nothing is mapped there. */
export function findField(mapping: Field, path: string): Field | undefined {
  let field: Field | undefined = mapping
  for (const name of path.split('.')) {
    if (field?.enabled === false) return undefined
    field = own(field?.properties, name) ?? own(field?.fields, name)
  }
  return field
}

/** Returns the indexed values at a path. */
export function valuesAt(mapping: Field, document: Values, path: string): unknown[] {
  const field = findField(mapping, path)
  if (field === undefined) return []
  const parent = path.slice(0, path.lastIndexOf('.'))
  const isSubfield = path.includes('.') && own(findField(mapping, parent)?.fields, path.slice(parent.length + 1))
  const found = readPath([document], (isSubfield ? parent : path).split('.'))
  const limit = field.ignore_above ?? Number.POSITIVE_INFINITY
  return found.filter(value => value !== null && String(value).length <= limit)
}

function readPath(values: readonly unknown[], path: readonly string[]): unknown[] {
  if (path.length === 0) return values.flat(Number.POSITIVE_INFINITY)
  return values.flat(Number.POSITIVE_INFINITY).flatMap(value => {
    if (typeof value !== 'object' || value === null) return []
    // The name of a member may contain dots.
    return path.flatMap((_, index) => {
      const name = path.slice(0, index + 1).join('.')
      return Object.hasOwn(value, name) ? readPath([(value as Values)[name]], path.slice(index + 1)) : []
    })
  })
}

function own(fields: Readonly<Record<string, Field>> | undefined, name: string): Field | undefined {
  return fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined
}
