import { findFirstIndex } from '../../tree/find-first-index.js'
import { groupBy } from '../../tree/group-by.js'
import { readNumber } from '../../tree/read-field.js'
import type { Report, ReportNode } from '../../tree/report.js'
import { findServiceCalls, isOutgoing, isServed, type ServiceCall } from '../calls/service-calls.js'
import { selfTimes, unionUs } from '../self-time.js'
import { readMs } from './read-ms.js'

/** A response body whose transfer took most of the time of its point. */
export interface SlowBody {
  readonly node: ReportNode
  /** The time from the start of the point to the first byte of the response, in microseconds. */
  readonly firstByteUs: number
  /** The time from the first byte to the last byte, in microseconds. */
  readonly bodyUs: number
  /** The part of `bodyUs` that no other point explains. */
  readonly ownUs: number
}

/** A response body that the client of an outgoing request received. */
export interface ReceivedBody extends SlowBody {
  /**
   * How long the event loop was busy while the body arrived; `undefined` unless the busy time is most of the body's
   * time.
   */
  readonly busyUs: number | undefined
  /**
   * The callee, and an upper limit for the time in which the callee wrote the body; `undefined` unless this limit is a
   * small part of the body's time.
   */
  readonly sender: { readonly node: ReportNode; readonly maxUs: number } | undefined
}

/** A response body that a server sent for a served request. */
export interface SentBody extends SlowBody {
  readonly bytes: number | undefined
  /**
   * The time from the first byte until the program had written the whole body; `undefined` unless this time is a small
   * part of the body's time.
   */
  readonly writtenUs: number | undefined
}

/** A body counts as slow if it takes at least this share of a point's time. */
const MIN_SHARE = 0.5
/** A body that took less time is not reported, because even a few bytes may take a millisecond on a busy machine. */
const MIN_BODY_US = 5_000
/**
 * If work took at most `SMALL_SHARE` of the body's time, it is not the reason for that time. If work took at least `1 -
 * SMALL_SHARE` of that time, it is the reason.
 */
const SMALL_SHARE = 0.25

/**
 * Returns the responses whose bodies took most of the time of their outgoing requests. If the callee's point shows that
 * the callee was writing until the end, the body is left out, because that point explains the time.
 */
export function findReceivedBodies(report: Report, outgoing: readonly ReportNode[]): ReceivedBody[] {
  const bodies = outgoing.map(readReceivedBody).filter(body => body !== undefined)
  if (bodies.length === 0) return []
  const calls = groupBy(findServiceCalls(report), ({ caller }) => caller)
  const sumSteps = createStepSum(report)
  return bodies.flatMap(({ node, firstByteUs, bodyUs, busyUs }) => {
    const { startedUs = 0 } = node
    // The program may have worked on other steps before it read the body.
    const stepsUs = sumSteps(node, startedUs + firstByteUs, startedUs + firstByteUs + bodyUs)
    if (stepsUs >= bodyUs * MIN_SHARE) return []
    const answering = calls.get(node) ?? []
    if (busyUs === undefined && answering.some(call => wroteUntilEnd(call, firstByteUs, bodyUs))) return []
    const [call] = answering.length === 1 ? answering : []
    return [{ node, firstByteUs, bodyUs, ownUs: bodyUs, busyUs, sender: call && findSender(call, bodyUs) }]
  })
}

function readReceivedBody(node: ReportNode): Omit<ReceivedBody, 'ownUs' | 'sender'> | undefined {
  const { durationUs = 0, stop } = node
  const firstByteUs = readMs(durationUs, stop, 'info', 'requests', 'first_byte_ms')
  const lastByteUs = readMs(durationUs, stop, 'info', 'requests', 'last_byte_ms')
  if (firstByteUs === undefined || lastByteUs === undefined) return undefined
  const bodyUs = lastByteUs - firstByteUs
  if (bodyUs < MIN_BODY_US || bodyUs < durationUs * MIN_SHARE) return undefined
  const busyUs = readMs(durationUs, stop, 'info', 'requests', 'busy_ms') ?? 0
  return { node, firstByteUs, bodyUs, busyUs: busyUs >= bodyUs * MIN_SHARE ? Math.min(busyUs, bodyUs) : undefined }
}

/**
 * Returns whether the callee was writing until about the end of the body. The callee started after its caller, so it
 * cannot have ended before its own duration had passed since the caller's start. This conclusion does not depend on the
 * callee's clock.
 */
function wroteUntilEnd({ callee }: ServiceCall, firstByteUs: number, bodyUs: number): boolean {
  return (callee.durationUs ?? 0) >= firstByteUs + bodyUs * (1 - SMALL_SHARE)
}

/**
 * Returns the callee if it wrote the body quickly. The callee wrote the first byte before the caller received that
 * byte. So at that time, at most the rest of the callee's duration was left. This conclusion does not depend on the
 * callee's clock.
 */
function findSender({ callee: node }: ServiceCall, bodyUs: number): ReceivedBody['sender'] {
  const { durationUs = 0 } = node
  const maxUs = durationUs - (readResponseUs(node, 'first_byte_ms') ?? 0)
  return maxUs <= bodyUs * SMALL_SHARE ? { node, maxUs } : undefined
}

/** Returns a function that adds up the durations of a point's siblings that started between two times. */
function createStepSum(report: Report): (node: ReportNode, fromUs: number, toUs: number) => number {
  const siblings = new Map<ReportNode, { readonly starts: readonly number[]; readonly sums: readonly number[] }>()
  const addAll = (nodes: readonly ReportNode[]): void => {
    if (!nodes.some(isOutgoing)) return
    // A point without a start has no duration. It would be out of order in the list, which a binary search reads.
    const started = nodes.filter(({ startedUs }) => startedUs !== undefined)
    const sums = [0]
    for (const { durationUs = 0 } of started) sums.push((sums.at(-1) ?? 0) + durationUs)
    const entry = { starts: started.map(({ startedUs = 0 }) => startedUs), sums }
    for (const node of nodes) if (isOutgoing(node)) siblings.set(node, entry)
  }
  addAll(report.roots)
  for (const { children } of report.points) addAll(children)
  return (node, fromUs, toUs) => {
    const { starts, sums } = siblings.get(node) ?? { starts: [], sums: [0] }
    const sumBefore = (us: number): number => sums[findFirstIndex(starts, startUs => startUs >= us)] ?? 0
    return sumBefore(toUs) - sumBefore(fromUs)
  }
}

/**
 * Returns the served requests whose self time is mostly the time from the first to the last byte of their responses.
 */
export function findSentBodies(report: Report): SentBody[] {
  const served = report.points.filter(node => isServed(node) && readResponseUs(node, 'first_byte_ms') !== undefined)
  if (served.length === 0) return []
  const own = selfTimes(report)
  return served.flatMap(node => {
    const { durationUs = 0, startedUs = 0, finishedUs = 0 } = node
    const firstByteUs = readResponseUs(node, 'first_byte_ms') ?? 0
    const bodyUs = durationUs - firstByteUs
    const steps = node.children.map(child => ({
      startUs: Math.max(startedUs + firstByteUs, child.startedUs ?? startedUs),
      endUs: Math.min(finishedUs, child.finishedUs ?? finishedUs),
    }))
    const ownUs = bodyUs - unionUs(steps)
    if (ownUs < MIN_BODY_US || ownUs < (own.get(node) ?? 0) * MIN_SHARE) return []
    const writtenUs = Math.max(0, (readResponseUs(node, 'ended_ms') ?? Number.NaN) - firstByteUs)
    return [
      {
        node,
        firstByteUs,
        bodyUs,
        ownUs,
        bytes: readBytes(node),
        writtenUs: writtenUs <= bodyUs * SMALL_SHARE ? writtenUs : undefined,
      },
    ]
  })
}

function readResponseUs({ durationUs, stop }: ReportNode, name: string): number | undefined {
  return readMs(durationUs, stop, 'info', 'response', name)
}

function readBytes({ stop }: ReportNode): number | undefined {
  const bytes = readNumber(stop, 'info', 'response', 'body_bytes') ?? -1
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined
}
