import { isLong } from './bson-elements.js'

type Values = Readonly<Record<string, unknown>>

/** An error that the server returns for a refused command. */
export class CommandFailure extends Error {
  readonly code: number
  readonly codeName: string

  constructor(code: number, codeName: string, message: string) {
    super(message)
    this.code = code
    this.codeName = codeName
  }
}

const OPERATORS = new Set(['$eq', '$ne', '$in', '$exists', '$lt', '$gte'])

/** Refuses unknown operators, even if there is no document to compare. */
export function checkFilter(filter: Values): void {
  for (const [key, condition] of Object.entries(filter)) {
    if (key === '$or') for (const branch of condition as Values[]) checkFilter(branch)
    else if (key.startsWith('$')) throw new CommandFailure(2, 'BadValue', `unknown top level operator: ${key}`)
    else if (isOperators(condition)) {
      const unknown = Object.keys(condition).find(operator => !OPERATORS.has(operator))
      if (unknown !== undefined) throw new CommandFailure(2, 'BadValue', `unknown operator: ${unknown}`)
    }
  }
}

/** Returns whether a document matches a filter. */
export function matches(document: Values, filter: Values): boolean {
  return Object.entries(filter).every(([key, condition]) => {
    if (key === '$or') return (condition as Values[]).some(branch => matches(document, branch))
    return fulfills(valueAt(document, key), condition)
  })
}

function fulfills(value: unknown, condition: unknown): boolean {
  if (!isOperators(condition)) return isEqual(value, condition)
  return Object.entries(condition).every(([operator, operand]) => {
    if (operator === '$eq') return isEqual(value, operand)
    if (operator === '$ne') return !isEqual(value, operand)
    if (operator === '$in') return (operand as unknown[]).some(one => isEqual(value, one))
    if (operator === '$exists') return (value !== undefined) === operand
    if (operator === '$lt') return isComparable(value, operand) && compareValues(value, operand) < 0
    return isComparable(value, operand) && compareValues(value, operand) >= 0
  })
}

function isOperators(condition: unknown): condition is Values {
  if (typeof condition !== 'object' || condition === null || Object.getPrototypeOf(condition) !== Object.prototype) {
    return false
  }
  return Object.keys(condition).some(key => key.startsWith('$'))
}

/** Returns the value at a path of names separated by dots. */
export function valueAt(document: unknown, path: string): unknown {
  let value = document
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Values)[name]
  }
  return value
}

/** Returns whether two values have the same type. MongoDB's filters compare only such values. */
function isComparable(value: unknown, operand: unknown): boolean {
  return rankOf(value) === rankOf(operand)
}

function isEqual(value: unknown, other: unknown): boolean {
  if (other === null) return value === null || value === undefined
  return isComparable(value, other) && compareValues(value, other) === 0
}

/** Compares values for a sort: first by the rank of their types, and strings by their UTF-8 bytes. */
export function compareValues(one: unknown, other: unknown): number {
  const rank = rankOf(one) - rankOf(other)
  if (rank !== 0) return rank
  if (typeof one === 'string') return Buffer.compare(Buffer.from(one), Buffer.from(String(other)))
  if (typeof one === 'number' || one instanceof Date || isLong(one)) return Number(one) - Number(other)
  if (one === null || one === undefined) return 0
  const [text, otherText] = [JSON.stringify(one), JSON.stringify(other)]
  return text < otherText ? -1 : Number(text > otherText)
}

function rankOf(value: unknown): number {
  if (value === undefined || value === null) return 1
  if (typeof value === 'number' || isLong(value)) return 2
  if (typeof value === 'string') return 3
  if (value instanceof Date) return 9
  if (typeof value === 'boolean') return 8
  return Array.isArray(value) ? 5 : isObjectId(value) ? 7 : 4
}

function isObjectId(value: unknown): boolean {
  return (value as { readonly _bsontype?: unknown })._bsontype === 'ObjectId'
}

/** Sorts by the members of a specification such as `{ timestamp: 1, _id: -1 }`. */
export function sortBy<Item>(items: Item[], specification: Values, valuesOf: (item: Item) => Values): Item[] {
  const keys = Object.entries(specification).map(([path, direction]) => [path, Number(direction)] as const)
  return items.sort((one, other) => {
    for (const [path, direction] of keys) {
      const order = compareValues(valueAt(valuesOf(one), path), valueAt(valuesOf(other), path))
      if (order !== 0) return order * direction
    }
    return 0
  })
}

/** Runs an aggregation. Unknown stages and expressions are refused. */
export function aggregate(documents: readonly Values[], pipeline: readonly Values[]): Values[] {
  return pipeline.reduce<Values[]>((input, stage) => runStage(input, stage), [...documents])
}

function runStage(input: Values[], stage: Values): Values[] {
  const [[name, specification] = ['', undefined]] = Object.entries(stage)
  const members = specification as Values
  if (name === '$match') {
    checkFilter(members)
    return input.filter(document => matches(document, members))
  }
  if (name === '$sort') return sortBy(input, members, document => document)
  if (name === '$project' && Object.values(members).every(value => value === 0))
    return input.map(withoutMembers(members))
  if (name === '$group') return group(input, members)
  throw new CommandFailure(40324, 'Location40324', `Unrecognized pipeline stage name: '${name}'`)
}

function withoutMembers(members: Values): (document: Values) => Values {
  return document => Object.fromEntries(Object.entries(document).filter(([key]) => !Object.hasOwn(members, key)))
}

function group(input: readonly Values[], { _id: key, ...accumulators }: Values): Values[] {
  const groups = new Map<string, Values[]>()
  for (const document of input) {
    const id = JSON.stringify(evaluate(document, key) ?? null)
    groups.set(id, [...(groups.get(id) ?? []), document])
  }
  return [...groups].map(([id, members]) => {
    const results = Object.entries(accumulators).map(([name, expression]) => [name, accumulate(members, expression)])
    return { _id: JSON.parse(id), ...Object.fromEntries(results) }
  })
}

function accumulate(members: readonly Values[], expression: unknown): unknown {
  const [[operator, operand] = ['', undefined]] = Object.entries(expression as Values)
  const values = members.map(document => evaluate(document, operand))
  if (operator === '$first') return values[0]
  if (operator === '$sum') return values.reduce<number>((sum, value) => sum + Number(value), 0)
  if (operator === '$max') return values.reduce((most, value) => (compareValues(value, most) > 0 ? value : most))
  throw new CommandFailure(15952, 'Location15952', `unknown group operator '${operator}'`)
}

function evaluate(document: Values, expression: unknown): unknown {
  if (expression === '$$ROOT') return document
  if (typeof expression === 'string' && /^\$[^$]/.test(expression)) return valueAt(document, expression.slice(1))
  if (typeof expression === 'number' || expression === null) return expression
  throw new CommandFailure(168, 'InvalidPipelineOperator', 'Unrecognized expression')
}
