import { asNumber } from '@osprofiler/core/json'
import { readField, readText } from '../tree/read-field.js'
import { formatStatus, readRoute } from '../tree/read-record.js'
import type { ReportNode } from '../tree/report.js'

/** Longer statements and paths are cut, because labels are for people, and a record may contain megabytes. */
const MAX_TEXT_CHARS = 20_000

/** Only this many characters are searched for values, because a malicious text could make the patterns slow. */
const MAX_GENERALIZED_CHARS = 4000

/** The action of a point according to its start, and whether its stop has a status. */
interface Action {
  readonly text: string
  /** The part that many points have in common, such as a method and a route. */
  readonly shape?: string | undefined
  readonly hasStatus: boolean
}

/**
 * Returns what a point did in one line for people: `GET /orders/7 200`, `GET catalog:8080/items 200`, `SELECT ... FROM
 * items WHERE id = ?`, `Manager.create`, `getOrder GET /orders/:id`, or `for connection`. Empty if unknown. Not
 * escaped: pass it through `escapeControl` before printing. A query is shown with its list of columns if it fits into
 * `room` characters.
 */
export function pointDetail(node: ReportNode, room = 0): string {
  const { text, hasStatus } = readAction(node)
  const outcome = hasStatus ? formatStatus(node.stop) : undefined
  return outcome === undefined ? shortenQuery(text, room) : `${text} ${outcome}`
}

/**
 * Creates a function that returns equal keys for points that repeat one another. Such points have the same service and
 * name, and the same action apart from values. Ids, numbers and quoted values in paths and statements do not count.
 */
export function createRepetitionKey(): (node: ReportNode) => string {
  const shapeOf = createShapeReader()
  // Framework layers without points below them count as repeated even if their names differ.
  return node =>
    JSON.stringify([node.service, node.name, (isLayer(node) && node.children.length === 0) || shapeOf(node)])
}

/**
 * Creates a function that returns a point's action without values, such as `GET /orders/:id` or `GET /orders/*`; empty
 * if unknown.
 */
export function createShapeReader(): (node: ReportNode) => string {
  const shapes = new Map<string, string>()
  return node => {
    const { text, shape } = readAction(node)
    if (shape !== undefined) return shape
    let generalized = shapes.get(text)
    if (generalized === undefined) {
      generalized = replaceValues(text)
      shapes.set(text, generalized)
    }
    return generalized
  }
}

/** Returns whether a point is a framework layer (`info.layer`), such as a middleware, a hook or a handler. */
export function isLayer(node: ReportNode): boolean {
  return readText(node.start, 'info', 'layer', 'name') !== undefined
}

/** Returns one line for repeated points: their route, the detail that all of them share, or else their shape. */
export function repeatedDetail(nodes: readonly ReportNode[], room = 0): string {
  const actions = nodes.map(readAction)
  const texts = new Set(actions.map(({ shape, text }) => shape ?? text))
  const [text = ''] = texts
  if (texts.size > 1 && nodes.every(isLayer)) return 'layers'
  return shortenQuery(texts.size === 1 ? text : replaceValues(text), room)
}

function readAction({ start, stop }: Pick<ReportNode, 'start' | 'stop'>): Action {
  const request = readField(start, 'info', 'request')
  if (request !== undefined) {
    const method = readText(request, 'method')
    const route = readRoute({ start, stop })
    const shape = route === undefined ? undefined : joinWords(method, route)
    return { text: joinWords(method, readText(request, 'path')), shape, hasStatus: true }
  }
  const sent = readField(start, 'info', 'requests')
  if (sent !== undefined) {
    const port = readField(sent, 'port')
    const shownPort = asNumber(port) !== undefined || typeof port === 'string' ? `:${port}` : ''
    const target = `${readText(sent, 'hostname') ?? ''}${shownPort}${readText(sent, 'path') ?? ''}`
    return { text: joinWords(readText(sent, 'method'), target), hasStatus: true }
  }
  const layer = readField(start, 'info', 'layer')
  if (layer !== undefined) {
    const after = readField(layer, 'after') === true ? '(after)' : undefined
    // A router reports its route only in the stop record.
    const route = readText(layer, 'route') ?? readText(stop, 'info', 'layer', 'route')
    return { text: joinWords(readText(layer, 'hook'), readText(layer, 'name'), after, route), hasStatus: false }
  }
  const statement = readText(start, 'info', 'db', 'statement')
  if (statement !== undefined) {
    return { text: statement.slice(0, MAX_TEXT_CHARS).replace(/\s+/g, ' ').trim(), hasStatus: false }
  }
  const awaited = readText(stop, 'info', 'wait', 'for') ?? readText(start, 'info', 'wait', 'for')
  if (awaited !== undefined) return { text: `for ${awaited.slice(0, MAX_TEXT_CHARS)}`, hasStatus: false }
  // Python's function names start with the module, as in glance.api.v2.images.ImagesController.show.
  const name = readText(start, 'info', 'function', 'name') ?? ''
  return { text: name.slice(0, MAX_TEXT_CHARS).split('.').slice(-2).join('.'), hasStatus: false }
}

/**
 * Removes a query's list of columns if there is no room for the list. The tables and conditions distinguish queries
 * better than the columns.
 */
function shortenQuery(text: string, room: number): string {
  if (text.length <= room) return text
  const select = /^select (?:distinct )?/i.exec(text)
  if (select === null) return text
  const from = text.search(/ from /i)
  return from - select[0].length > 20 ? `${select[0]}...${text.slice(from)}` : text
}

function replaceValues(text: string): string {
  const shape = text
    .slice(0, MAX_GENERALIZED_CHARS)
    .replace(/'(?:[^']|'')*'/g, '*')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '*')
    .replace(/(?<![\w:.*])\d+(?:\.\d+)?(?![\w.])/g, '*')
    .replace(/(?<=\/)[0-9a-f]{24,}(?=\/|$|\s)/gi, '*')
  return shape + text.slice(MAX_GENERALIZED_CHARS)
}

function joinWords(...parts: readonly (string | undefined)[]): string {
  return parts
    .filter(part => part !== undefined)
    .join(' ')
    .slice(0, MAX_TEXT_CHARS)
}
