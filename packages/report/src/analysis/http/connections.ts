import { asNumber } from '@osprofiler/core/json'
import { groupBy } from '../../tree/group-by.js'
import { readField, readText } from '../../tree/read-field.js'
import { readStatus } from '../../tree/read-record.js'
import type { ReportNode } from '../../tree/report.js'
import { type Interval, unionUs } from '../self-time.js'
import { readWait } from '../waiting.js'
import { readMs } from './read-ms.js'

/** The connections that the requests of one service opened to one host. */
export interface OpenedConnections {
  /** The requests that each opened a connection and waited for it. */
  readonly nodes: readonly ReportNode[]
  /** The host, with its port if that is not the default port of the scheme. */
  readonly target: string
  /** The time in which at least one request waited for its connection, in microseconds. */
  readonly totalUs: number
  /** The times for DNS, TCP and TLS, each added up over the requests. A time is 0 if it is not recorded. */
  readonly dnsUs: number
  readonly tcpUs: number
  readonly tlsUs: number
  /** Whether every request opened a connection, although there were idle connections of earlier requests. */
  readonly isReuseMissing: boolean
}

interface Opened {
  readonly node: ReportNode
  readonly interval: Interval
}

/** Clients and servers usually close a connection after five idle seconds. undici closes it after four seconds. */
const MAX_IDLE_US = 4_000_000
/** A client may need this time to make a connection available again after a response. */
const MIN_IDLE_US = 5_000
/**
 * The minimum number of requests that could have reused a connection. One such request is not enough, because the
 * connection of the previous request may not have been available yet.
 */
const MIN_REUSABLE = 2

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
])

/** Returns the connections that outgoing requests opened, by service and host. Requests in `excluded` do not count. */
export function findOpenedConnections(
  outgoing: readonly ReportNode[],
  excluded: ReadonlySet<ReportNode>,
): OpenedConnections[] {
  const keyOf = (node: ReportNode): string => JSON.stringify([node.service, readScheme(node), readTarget(node)])
  if (!outgoing.some(hasOpenedConnection)) return []
  const requests = outgoing.filter(node => node.durationUs !== undefined && readStatus(node.stop) !== undefined)
  return [...groupBy(requests, keyOf).values()].flatMap(same => {
    const [first] = same
    const opened = same.flatMap(toOpened).filter(({ node }) => !excluded.has(node))
    const target = first && readTarget(first)
    return opened.length === 0 || target === undefined ? [] : [sumUp(same, opened, target)]
  })
}

function toOpened(node: ReportNode): Opened[] {
  const { startedUs, finishedUs, children } = node
  const connectUs = readConnectUs(node)
  if (connectUs === 0 || startedUs === undefined || finishedUs === undefined) return []
  const queue = children.find(child => readWait(child) === 'pool')
  const startUs = queue?.finishedUs ?? startedUs
  const endUs = Math.min(finishedUs, startUs + connectUs)
  return endUs > startUs ? [{ node, interval: { startUs, endUs } }] : []
}

/** Returns how long a request waited for its new connection, in microseconds, or 0 if it did not open a connection. */
export function readConnectUs(node: ReportNode): number {
  // While the event loop was busy, the program could not notice that the connection was ready.
  return Math.max(0, (readPartUs(node, 'connect_ms') ?? 0) - (readPartUs(node, 'busy_ms') ?? 0))
}

function sumUp(requests: readonly ReportNode[], opened: readonly Opened[], target: string): OpenedConnections {
  const nodes = opened.map(({ node }) => node)
  const sumOf = (part: string): number => nodes.reduce((sum, node) => sum + (readPartUs(node, part) ?? 0), 0)
  return {
    nodes,
    target,
    totalUs: unionUs(opened.map(({ interval }) => interval)),
    dnsUs: sumOf('dns_ms'),
    tcpUs: sumOf('tcp_ms'),
    tlsUs: sumOf('tls_ms'),
    isReuseMissing: requests.every(hasOpenedConnection) && countReusable(requests) >= MIN_REUSABLE,
  }
}

function hasOpenedConnection(node: ReportNode): boolean {
  return readPartUs(node, 'connect_ms') !== undefined
}

/** Counts the requests that began while the connection of an earlier request was idle. */
function countReusable(requests: readonly ReportNode[]): number {
  // A connection is free again only after its response was read to the end.
  const ends = requests
    .filter(({ stop }) => asNumber(readField(stop, 'info', 'requests', 'last_byte_ms')) !== undefined)
    .map(({ finishedUs = 0 }) => finishedUs)
    .sort((a, b) => a - b)
  const idle: number[] = []
  let next = 0
  let count = 0
  for (const { startedUs = 0 } of requests.toSorted((a, b) => (a.startedUs ?? 0) - (b.startedUs ?? 0))) {
    for (; next < ends.length && (ends[next] ?? 0) <= startedUs - MIN_IDLE_US; next++) idle.push(ends[next] ?? 0)
    const endUs = idle.pop()
    if (endUs !== undefined && startedUs - endUs < MAX_IDLE_US) count++
  }
  return count
}

function readPartUs(node: ReportNode, part: string): number | undefined {
  return readMs(node.durationUs, node.stop, 'info', 'requests', 'connection', part)
}

function readScheme(node: ReportNode): string {
  return readText(node.start, 'info', 'requests', 'scheme') ?? node.name
}

function readTarget(node: ReportNode): string | undefined {
  const hostname = readText(node.start, 'info', 'requests', 'hostname')
  const port = asNumber(readField(node.start, 'info', 'requests', 'port'))
  return port === undefined || port === DEFAULT_PORTS.get(readScheme(node))
    ? hostname
    : hostname && `${hostname}:${port}`
}
