/** An error that Log Insight returns for a refused request. */
export class LogInsightRefusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

interface Field {
  readonly name: string
  readonly content: string
}

export interface StoredEvent {
  readonly text: string
  readonly timestamp: number
  readonly fields: readonly Field[]
}

interface Constraint {
  readonly field: string
  readonly operator: string
  readonly value: string
}

const MAX_BODY = 4 * 1024 * 1024
const MAX_EVENTS = 500
const MAX_TEXT = 16 * 1024
const MAX_LIMIT = 20_000
const LAST_MINUTE = 60_000

/** Stores events and returns their number. Refuses more than 500 events or 4 MB. */
export function ingestEvents(store: StoredEvent[], body: string): number {
  if (Buffer.byteLength(body) > MAX_BODY) throw new LogInsightRefusal(413, 'Request is too large')
  const { events } = parseBody(body)
  if (!Array.isArray(events) || events.length === 0) throw new LogInsightRefusal(400, 'Missing events')
  if (events.length > MAX_EVENTS) throw new LogInsightRefusal(400, 'Too many events')
  const taken = events.map(toStored)
  store.push(...taken)
  return taken.length
}

export function parseBody(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body)
  } catch {
    throw new LogInsightRefusal(400, 'Invalid JSON')
  }
}

function toStored(event: unknown): StoredEvent {
  const { text = '', fields = [], ...rest } = event as Record<string, unknown>
  const isField = (field: Partial<Field>) =>
    typeof field.name === 'string' && typeof field.content === 'string' && Object.keys(field).length === 2
  if (Object.keys(rest).length > 0 || typeof text !== 'string' || !(fields as Field[]).every(isField)) {
    throw new LogInsightRefusal(400, 'An event does not match the schema')
  }
  return { text: text.slice(0, MAX_TEXT), timestamp: Date.now(), fields: fields as Field[] }
}

/** Runs a query. The path contains constraints of the form `field/OPERATOR value`. Unknown constraints are refused. */
export function queryEvents(store: readonly StoredEvent[], path: string, parameters: URLSearchParams): StoredEvent[] {
  const constraints = readConstraints(path)
  const limit = Number(parameters.get('limit') ?? 100)
  if (limit > MAX_LIMIT) throw new LogInsightRefusal(400, 'limit is at most 20000')
  const direction = parameters.get('order-by-direction') ?? 'DESC'
  const since = constraints.some(({ field }) => field === 'timestamp') ? 0 : Date.now() - LAST_MINUTE
  const found = store.filter(event => event.timestamp >= since && fulfillsAll(event, constraints))
  const sorted = found.sort((one, other) => one.timestamp - other.timestamp)
  return (direction === 'ASC' ? sorted : sorted.reverse()).slice(0, limit)
}

function readConstraints(path: string): Constraint[] {
  const parts = path.split('/').map(part => decodeURIComponent(part.replaceAll('+', '%20')))
  if (parts.length % 2 === 1) throw new LogInsightRefusal(400, 'A constraint is a field and an operator with a value')
  return parts.flatMap((field, index) => {
    if (index % 2 === 1) return []
    const [, operator = '', value = ''] = /^(\S+)(?: (.*))?$/s.exec(parts[index + 1] ?? '') ?? []
    return [{ field, operator, value }]
  })
}

/** Returns whether an event fulfills the constraints. Constraints with the same field and operator are alternatives. */
function fulfillsAll(event: StoredEvent, constraints: readonly Constraint[]): boolean {
  const groups = groupConstraints(constraints)
  return [...groups.values()].every(alternatives => alternatives.some(constraint => fulfills(event, constraint)))
}

function groupConstraints(constraints: readonly Constraint[]): Map<string, Constraint[]> {
  const groups = new Map<string, Constraint[]>()
  for (const constraint of constraints) {
    groups.set(toGroup(constraint), [...(groups.get(toGroup(constraint)) ?? []), constraint])
  }
  return groups
}

function toGroup({ field, operator }: Constraint): string {
  return `${field} ${operator}`
}

function fulfills(event: StoredEvent, { field, operator, value }: Constraint): boolean {
  if (field === 'timestamp' && operator === 'GT') return event.timestamp > Number(value)
  if (field === 'timestamp' && operator === 'GE') return event.timestamp >= Number(value)
  if (field === 'timestamp' && operator === 'LE') return event.timestamp <= Number(value)
  if (operator !== 'CONTAINS') throw new LogInsightRefusal(400, `The operator ${operator} is not understood here`)
  const contents =
    field === 'text' ? [event.text] : event.fields.filter(({ name }) => name === field).map(({ content }) => content)
  const phrase = toTokens(value)
  if (phrase.length === 0) throw new LogInsightRefusal(400, 'A constraint has no word in it')
  return contents.some(content => hasPhrase(toTokens(content), phrase))
}

/** Returns the words of a text in lowercase. The words may contain the wildcards "*" and "?". */
function toTokens(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_*?-]+/gu) ?? []
}

function hasPhrase(tokens: readonly string[], phrase: readonly string[]): boolean {
  const patterns = phrase.map(word => {
    const source = word.replaceAll('*', '.*').replaceAll('?', '.')
    return new RegExp(`^${source}$`, 'u')
  })
  return tokens.some((_, start) => patterns.every((pattern, index) => pattern.test(tokens[start + index] ?? '\0')))
}
