import type { QueuedMessage } from '../analysis/calls/queued-messages.js'
import type { Retries } from '../analysis/calls/retries.js'
import type { ServiceCall } from '../analysis/calls/service-calls.js'
import type { Gap } from '../analysis/gaps.js'
import type { Repetition } from '../analysis/repeats/repeated-points.js'
import { unionUs } from '../analysis/self-time.js'
import type { SerialWork } from '../analysis/serial-work.js'
import type { Waiting } from '../analysis/waiting.js'
import type { HostClock } from '../clocks/clock-skew.js'
import { createOffsetFinder } from '../clocks/find-clock.js'
import type { CauseKind } from '../tree/account.js'
import { groupBy } from '../tree/group-by.js'
import { formatStatus } from '../tree/read-record.js'
import type { ReportNode } from '../tree/report.js'
import { describeCallSites, describeRunOfSites } from '../words/call-sites.js'
import { formatCount, formatDuration } from '../words/format-duration.js'
import { createRepetitionKey } from '../words/point-label.js'
import type { FindingKind } from './finding.js'
import { type Quote, shorten } from './phrases.js'

/** A candidate for a finding about time. A candidate whose time is too short is left out later. */
export interface TimeFinding {
  readonly kind: Extract<
    FindingKind,
    | 'repeated'
    | 'retried'
    | 'slow'
    | 'gap'
    | 'hop'
    | 'waiting'
    | 'queued'
    | 'late'
    | 'serial'
    | 'connecting'
    | 'body'
    | CauseKind
  >
  readonly nodes: readonly ReportNode[]
  readonly totalUs: number
  /** The time by which the finding is ranked, in microseconds. Default: `totalUs`. */
  readonly rankUs?: number | undefined
  /** Whether the finding is about the points' self time, without the points below them. */
  readonly isSelfTime: boolean
  /** Whether the finding is about a pattern that matters in a fast request too, such as a loop. */
  readonly isPattern?: boolean | undefined
  /** `share` is a string such as `62 % of this request`. */
  readonly toSentence: (share: string, duration: string) => string
}

const WAIT_PHRASES: ReadonlyMap<string, string> = new Map([
  ['', ''],
  ['pool', ' for a connection from a pool'],
  ['event-loop', ' for the event loop'],
])

/** The end of a sentence about a point's self time, if points may be missing below the point. */
const MISSING_POINTS_PHRASE = ', perhaps because points are missing'

/** A few repetitions are common. A loop with at least this many points probably grows with the data. */
const MIN_PATTERN_POINTS = 5

/**
 * Creates a finding such as `26 % of this request is 20 x "SELECT ..." in orders, one after another, from
 * src/orders.ts:41`.
 */
export function describeRepetition({ nodes, totalUs, pausesUs, sequential }: Repetition, quote: Quote): TimeFinding {
  const how = sequential ? 'one after another' : 'partly at the same time'
  const toSentence = (share: string, duration: string): string =>
    `${share} is ${formatCount(nodes.length)} x ${quote(nodes)}, ${how}${describeCallSites(nodes)} (${duration})`
  const isPattern = sequential && nodes.length >= MIN_PATTERN_POINTS
  const rankUs = totalUs + pausesUs
  return { kind: 'repeated', nodes, totalUs, rankUs, isSelfTime: false, isPattern, toSentence }
}

/**
 * Creates a finding such as `70 % of this request is "GET rates", tried 3 times: 2 tries failed with 503; 681 ms lay
 * between the tries`.
 */
export function describeRetries({ tries, failed, pausesUs, totalUs }: Retries, quote: Quote): TimeFinding {
  const failures = `${formatCount(failed.length)} ${failed.length === 1 ? 'try' : 'tries'} failed with ${listOutcomes(failed)}`
  const times = `tried ${formatCount(tries.length)} times${describeCallSites(tries)}`
  const toSentence = (share: string, duration: string): string =>
    `${share} is ${quote(tries)}, ${times}: ${failures}; ${formatDuration(pausesUs)} lay between the tries (${duration})`
  return { kind: 'retried', nodes: tries, totalUs, isSelfTime: false, isPattern: true, toSentence }
}

/** Returns the distinct statuses and exceptions of failed requests, such as `503 and TimeoutError`. */
function listOutcomes(failed: readonly ReportNode[]): string {
  const outcomes = [...new Set(failed.map(({ stop, exception }) => shorten(String(formatStatus(stop) ?? exception))))]
  const shown = outcomes.slice(0, MAX_OUTCOMES)
  if (outcomes.length > MAX_OUTCOMES) return `${shown.join(', ')} and others`
  return shown.length === 1 ? String(shown[0]) : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

const MAX_OUTCOMES = 3

/**
 * Creates a finding such as `20 % of this request is spent waiting for a connection from a pool in orders, 2 times`.
 */
export function describeWaiting({ nodes, totalUs, for: what }: Waiting): TimeFinding {
  const [first] = nodes
  const service = first?.service === undefined ? '' : ` in ${shorten(first.service)}`
  const forWhat = WAIT_PHRASES.get(what) ?? ` for ${shorten(what)}`
  const times = nodes.length === 1 ? '' : `, ${formatCount(nodes.length)} times`
  const toSentence = (share: string, duration: string): string =>
    `${share} is spent waiting${forWhat}${service}${times}${describeCallSites(nodes)} (${duration})`
  return { kind: 'waiting', nodes, totalUs, isSelfTime: false, toSentence }
}

/**
 * Creates a finding such as `48 % of this request passed while a message waited 480 ms in the queue "reports", from api
 * to worker`.
 */
export function describeQueuedMessages(messages: readonly QueuedMessage[]): TimeFinding {
  const [first] = messages
  const intervals = messages.map(({ consumer: { startedUs = 0 }, waitedUs }) => ({
    startUs: startedUs - waitedUs,
    endUs: startedUs,
  }))
  const totalUs = unionUs(intervals)
  const queue = first?.queue ? ` in the queue "${shorten(first.queue)}"` : ' in a queue'
  const way = `from ${shorten(first?.sender.service ?? '?')} to ${shorten(first?.consumer.service ?? '?')}`
  const sent = describeCallSites(
    messages.map(({ sender }) => sender),
    'sent from',
  )
  const what = messages.length === 1 ? 'a message' : `${formatCount(messages.length)} messages`
  const toSentence = (share: string, duration: string): string =>
    `${share} passed while ${what} waited ${duration}${queue}, ${way}${sent}`
  return { kind: 'queued', nodes: messages.map(({ consumer }) => consumer), totalUs, isSelfTime: false, toSentence }
}

/** Groups messages by queue, sender and consumer, because each of these groups has one sentence. */
export function groupMessages(messages: readonly QueuedMessage[]): QueuedMessage[][] {
  const keyOf = ({ queue, sender, consumer }: QueuedMessage): string =>
    JSON.stringify([queue, sender.service, consumer.service])
  return [...groupBy(messages, keyOf).values()]
}

/**
 * Creates a finding such as `37 % of this request is "SELECT ..." in orders`. `hasSmallCauses` means that the account
 * explains most of the time, but each cause is too short for a finding.
 */
export function describeSelfTime(
  node: ReportNode,
  totalUs: number,
  isLossy: boolean,
  quote: Quote,
  hasSmallCauses = false,
): TimeFinding {
  const steps = node.children.length
  const outside = steps === 0 ? '' : `, outside its ${steps === 1 ? 'one step' : `${formatCount(steps)} steps`}`
  const toSentence = (share: string, duration: string): string => {
    const place = describeCallSites([node]) || (steps === 0 ? '' : ' itself')
    return `${share} is ${quote([node])}${place}${outside}${isLossy ? MISSING_POINTS_PHRASE : ''}${hasSmallCauses ? ', due to several smaller causes' : ''} (${duration})`
  }
  return { kind: 'slow', nodes: [node], totalUs, isSelfTime: true, toSentence }
}

/**
 * Creates a finding such as `18 % of this request is "GET /items" in catalog after "SELECT ...", with nothing
 * recorded`.
 */
export function describeGap({ node, fromUs, toUs, after, before }: Gap, isLossy: boolean, quote: Quote): TimeFinding {
  const locate = (child: ReportNode): string =>
    `${quote([child], false)}${describeCallSites([child]).replace(/^,/, '')}`
  const toSentence = (share: string, duration: string): string => {
    const [from, to] = [after, before].map(child => child && locate(child))
    const place = from && to ? ` between ${from} and ${to}` : from ? ` after ${from}` : to ? ` before ${to}` : ''
    const site = describeCallSites([node])
    return `${share} is ${quote([node])}${site}${site && place && ','}${place}, with nothing recorded${isLossy ? MISSING_POINTS_PHRASE : ''} (${duration})`
  }
  return { kind: 'gap', nodes: [node], totalUs: toUs - fromUs, isSelfTime: true, toSentence }
}

/**
 * Creates a finding such as `Up to 23 % of this request might be saved if ... in gateway ran in parallel`, which names
 * the longest steps.
 */
export function describeSerialWork({ nodes, savingUs }: SerialWork, quote: Quote): TimeFinding {
  const service = nodes[0]?.service === undefined ? '' : ` in ${shorten(nodes[0].service)}`
  const steps = [...groupBy(nodes, createRepetitionKey()).values()]
  const longest = new Set(steps.toSorted((a, b) => sumDurations(b) - sumDurations(a)).slice(0, 2))
  const named = steps.filter(step => longest.has(step)).map(step => quote(step.slice(0, 1), false))
  const what = steps.length <= 2 ? named.join(' and ') : `${named.join(', ')} and ${formatCount(steps.length - 2)} more`
  const times = steps[0] === undefined || steps[0].length < 2 ? '' : `, ${formatCount(steps[0].length)} times`
  const sites = describeRunOfSites(nodes)
  const toSentence = (share: string, duration: string): string =>
    `Up to ${share} might be saved if ${what}${service}${sites}${sites && ','} ran in parallel${times}: the records show no dependency (${duration})`
  return { kind: 'serial', nodes, totalUs: savingUs, isSelfTime: false, toSentence }
}

function sumDurations(nodes: readonly ReportNode[]): number {
  return sum(nodes.map(({ durationUs = 0 }) => durationUs))
}

/** Groups calls by caller and callee service, because each pair of services has one sentence. */
export function groupCalls(calls: readonly ServiceCall[]): ServiceCall[][] {
  return [...groupBy(calls, ({ caller, callee }) => JSON.stringify([caller.service, callee.service])).values()]
}

/**
 * Creates a finding such as `30 % of this request lies between orders and items, in 3 calls`, for calls between the
 * same two services.
 */
export function describeCalls(calls: readonly ServiceCall[], clocks: readonly HostClock[], quote: Quote): TimeFinding {
  // The sum of `betweenUs` is correct even if the clocks disagree. The union of the intervals counts simultaneous calls
  // only once. The smaller value is used.
  const totalUs = Math.min(
    unionUs(calls.flatMap(({ intervals }) => intervals)),
    sum(calls.map(({ betweenUs }) => betweenUs)),
  )
  const nodes = calls.flatMap(({ caller, callee }) => [caller, callee])
  const callers = calls.map(({ caller }) => caller)
  const [one] = calls
  const who =
    calls.length === 1 && one !== undefined
      ? `${quote([one.caller])} and ${quote([one.callee])}`
      : `${shorten(one?.caller.service ?? '?')} and ${shorten(one?.callee.service ?? '?')}, in ${formatCount(calls.length)} calls`
  const toSentence = (share: string, duration: string): string =>
    `${share} lies between ${who}${describeCallSites(callers)}: the network, queues or bodies (${duration}${describeSplit(calls, clocks)})`
  return { kind: 'hop', nodes, totalUs, isSelfTime: true, toSentence }
}

/**
 * If one part of the time between two services is negative by at most this share of that time, the clocks still count
 * as equal. A part can be negative, because a callee notices the end of its response a little later than the caller.
 */
const MAX_SPLIT_ERROR = 0.05

/** If the clocks agree, shows how much of the time passed before the callees' points, and how much after them. */
function describeSplit(calls: readonly ServiceCall[], clocks: readonly HostClock[]): string {
  const offsetOf = createOffsetFinder(clocks)
  const doClocksAgree = calls.every(
    ({ caller, callee, beforeUs, afterUs, betweenUs }) =>
      Math.min(beforeUs, afterUs) >= -betweenUs * MAX_SPLIT_ERROR && offsetOf(caller) === offsetOf(callee),
  )
  if (!doClocksAgree) return '; the clocks differ too much to tell the way there from the way back'
  const before = sum(calls.map(({ beforeUs }) => Math.max(0, beforeUs)))
  const after = sum(calls.map(({ afterUs }) => Math.max(0, afterUs)))
  return `: ${formatDuration(before)} there, ${formatDuration(after)} back`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
