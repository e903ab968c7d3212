import type { ReceivedBody, SentBody } from '../analysis/http/bodies.js'
import type { OpenedConnections } from '../analysis/http/connections.js'
import { describeCallSites } from '../words/call-sites.js'
import { formatBytes } from '../words/format-bytes.js'
import { formatCount, formatDuration } from '../words/format-duration.js'
import { type Quote, shorten } from './phrases.js'
import type { TimeFinding } from './time-sentences.js'

/** If DNS lookups take at least this share of the time for connecting, the finding is about resolving the host name. */
const MIN_DNS_SHARE = 0.75
/** If DNS, TCP or TLS takes at least this share of the time for connecting, the finding names it. */
const MIN_MAIN_SHARE = 0.6

/**
 * Creates a finding such as `28 % of this request is connecting: 4 requests in orders opened 4 connections to
 * rates.example; is keep-alive off? (280 ms)`.
 */
export function describeConnections(found: OpenedConnections): TimeFinding {
  const { nodes, totalUs, isReuseMissing } = found
  const target = shorten(found.target)
  const [first] = nodes
  const service = first?.service === undefined ? '' : ` in ${shorten(first.service)}`
  const count = formatCount(nodes.length)
  const main = nameMainPart(found)
  const times = nodes.length === 1 ? '' : `, ${count} times`
  const many = `${count} requests${service} opened ${count} connections to ${target}${describeCallSites(nodes)}`
  const toSentence = (share: string, duration: string): string => {
    if (isReuseMissing) return `${share} is connecting: ${many}; is keep-alive off? (${duration}${main})`
    if (isMainlyDns(found))
      return `${share} is resolving ${target}${service}${times}${describeCallSites(nodes)} (${duration})`
    if (nodes.length > 1) return `${share} is connecting: ${many} (${duration}${main})`
    return `${share} is connecting to ${target}${service}${describeCallSites(nodes)} (${duration}${main})`
  }
  return { kind: 'connecting', nodes, totalUs, isSelfTime: true, isPattern: isReuseMissing, toSentence }
}

function isMainlyDns({ dnsUs, tcpUs, tlsUs }: OpenedConnections): boolean {
  return dnsUs > 0 && dnsUs >= (dnsUs + tcpUs + tlsUs) * MIN_DNS_SHARE
}

/** Returns a phrase such as `, mostly TLS`, or an empty string if no part takes most of the time. */
function nameMainPart({ dnsUs, tcpUs, tlsUs }: OpenedConnections): string {
  const parts = [
    [dnsUs, 'DNS'],
    [tcpUs, 'TCP'],
    [tlsUs, 'TLS'],
  ] as const
  const main = parts.find(([us]) => us > 0 && us >= (dnsUs + tcpUs + tlsUs) * MIN_MAIN_SHARE)
  return main === undefined ? '' : `, mostly ${main[1]}`
}

/**
 * Creates a finding such as `62 % of this request is the response body of "GET rates": first byte after 12.0 ms, then
 * 728 ms of body`. Names a cause only if the records show it.
 */
export function describeReceivedBody(body: ReceivedBody, quote: Quote): TimeFinding {
  const { node, sender, busyUs } = body
  const who = node.service === undefined ? 'the caller' : shorten(node.service)
  const causes: string[] = []
  if (sender !== undefined) causes.push(`${quote([sender.node])} wrote it in ${formatDuration(sender.maxUs)} at most`)
  if (busyUs !== undefined) causes.push(`${who} was busy for ${formatDuration(busyUs)} meanwhile`)
  else if (sender !== undefined) causes.push(`the network or ${who} is slow`)
  return describeBody(body, quote, 'of body', causes)
}

/**
 * Creates a finding such as `62 % of this request is the response body of "GET /export" in reports: ..., then 1.20 s
 * for 48.0 MB`.
 */
export function describeSentBody(body: SentBody, quote: Quote): TimeFinding {
  const { bytes, writtenUs } = body
  const causes =
    writtenUs === undefined
      ? []
      : [`the program wrote it in ${formatDuration(writtenUs)}, so the network or the client is slow`]
  return describeBody(body, quote, bytes === undefined ? 'of body' : `for ${formatBytes(bytes)}`, causes)
}

function describeBody(
  { node, firstByteUs, bodyUs, ownUs }: ReceivedBody | SentBody,
  quote: Quote,
  ofWhat: string,
  causes: readonly string[],
): TimeFinding {
  const times = `first byte after ${formatDuration(firstByteUs)}, then ${formatDuration(bodyUs)} ${ofWhat}`
  const why = causes.length === 0 ? '' : `; ${causes.join(', and ')}`
  const toSentence = (share: string, duration: string): string =>
    `${share} is the response body of ${quote([node])}${describeCallSites([node])}: ${times}${why}${ownUs < bodyUs ? ` (${duration})` : ''}`
  return { kind: 'body', nodes: [node], totalUs: ownUs, isSelfTime: true, toSentence }
}
