import { isErrorRecord, OsprofilerError, type TraceRecord, type WriteResult } from '@osprofiler/core'
import { JSON, Map, Number } from '@osprofiler/core/toolkit'
import { encodeRecord } from '../records/record-text.js'
import { isPermanent, mayConcernOneCommand } from './failure.js'
import { FAILURES_PREFIX, RECORDS_PREFIX } from './keys.js'
import type { RedisCommand, RedisReply } from './link.js'
import type { KeyedCommand, RedisRoute } from './route.js'

/**
 * A batch that was converted to steps, each of which is one command, and the state of each step so far. A retry sends
 * only the steps that are still due.
 */
export interface RedisBatch {
  readonly steps: readonly Step[]
  /** Number of records that cannot be converted to commands. */
  readonly refused: number
}

interface Step extends KeyedCommand {
  /**
   * For each record that the step writes, its position in the batch. A step without records may be sent any number of
   * times.
   */
  readonly positions: readonly number[]
  readonly size: number
  /** The step on which this step depends. This step counts only if `follows` has succeeded. */
  readonly follows: Step | undefined
  state: 'due' | 'done' | 'refused' | 'unknown'
}

interface TraceLines {
  readonly lines: string[]
  readonly positions: number[]
  failedAt: string | undefined
}

/** Limits for one request. They are needed because both the client and the server copy a request in memory. */
const MAX_REQUEST_CHARACTERS = 8_000_000
const MAX_COMMAND_LINES = 5_000
/**
 * A line that is longer than this is sent in a separate command. If the line is so large that the server ends the
 * connection, no other record is lost.
 */
const MIN_LONG_LINE_CHARACTERS = 1_000_000

/**
 * Converts a batch to one push command per trace, in the layout of Python's driver. A trace may also get an expiry and
 * a failure marker.
 */
export function prepareBatch(
  records: readonly TraceRecord[],
  options: { readonly ttl: number | undefined; readonly filterErrorTrace: boolean },
): RedisBatch {
  const traces = new Map<string, TraceLines>()
  let refused = 0
  for (const [position, record] of records.entries()) {
    // Keys are UTF-8, which cannot encode a lone surrogate.
    if (record.base_id.isWellFormed()) addRecord(traces, record, position, options.filterErrorTrace)
    else refused++
  }
  return { steps: [...traces].flatMap(([baseId, trace]) => toSteps(baseId, trace, options.ttl)), refused }
}

/**
 * Sends the due steps of a batch. If the server refuses a step only temporarily, the step stays due, and the call
 * normally rejects. The call does not reject if the server has accepted other records, or if the refusal may be due to
 * the size of a command. Steps with an unknown outcome are not sent again.
 */
export async function sendBatch(
  route: RedisRoute,
  { steps, refused }: RedisBatch,
  explain: (refusal: Error) => string,
): Promise<WriteResult> {
  let failure: Error | undefined
  let refusal: Error | undefined
  for (const group of toGroups(steps.filter(({ state }) => state === 'due'))) {
    const replies = await route.send(group)
    for (const [index, step] of group.entries()) {
      const reply = replies[index]
      failure = applyReply(step, reply) ?? failure
      if (reply?.outcome === 'refused') refusal = reply.error
    }
  }
  const held = findPositions(steps, 'due')
  const unknown = findPositions(steps, 'unknown').length
  const takesOthers =
    findPositions(steps, 'done').length > 0 || (refusal !== undefined && mayConcernOneCommand(refusal))
  if (failure !== undefined && steps.some(({ state }) => state === 'due') && !(takesOthers && held.length > 0)) {
    throw failure
  }
  if (unknown > 0 && !takesOthers) {
    throw new OsprofilerError(
      'ERR_WRITE_UNCERTAIN',
      'The connection to Redis broke in the middle of a batch. It is unknown whether the batch was written, so it is not sent again.',
      failure === undefined ? undefined : { cause: failure },
    )
  }
  return {
    refused: refused + findPositions(steps, 'refused').length,
    ...(unknown > 0 && { unknown }),
    ...(held.length > 0 && { held }),
    ...(refusal && { reason: explain(refusal) }),
  }
}

function findPositions(steps: readonly Step[], wanted: Step['state']): readonly number[] {
  return steps.flatMap(({ state, positions }) => (state === wanted ? positions : []))
}

/** Updates the state of a step after a reply. Returns the error if the step failed. */
function applyReply(step: Step, reply: RedisReply | undefined): Error | undefined {
  if (reply === undefined) return undefined
  if (reply.outcome === 'done') {
    // If the push before this expiry has failed, the expiry had no effect and stays due.
    if (step.follows?.state !== 'due') step.state = 'done'
    return undefined
  }
  if (reply.outcome === 'lost') {
    if (step.positions.length > 0) step.state = 'unknown'
  } else if (isPermanent(reply.error)) {
    step.state = 'refused'
  }
  return reply.error
}

function addRecord(
  traces: Map<string, TraceLines>,
  record: TraceRecord,
  position: number,
  filterErrorTrace: boolean,
): void {
  const { base_id: baseId, timestamp } = record
  const trace = traces.get(baseId) ?? { lines: [], positions: [], failedAt: undefined }
  traces.set(baseId, trace)
  if (filterErrorTrace && isErrorRecord(record)) trace.failedAt = timestamp
  trace.lines.push(encodeRecord(record))
  trace.positions.push(position)
}

function toSteps(baseId: string, { lines, positions, failedAt }: TraceLines, ttl: number | undefined): Step[] {
  const key = `${RECORDS_PREFIX}${baseId}`
  const steps = toPushes(key, lines, positions)
  const last = steps.at(-1)
  if (ttl !== undefined) steps.push(toStep(key, ['pexpire', key, ttl], last))
  if (failedAt !== undefined) {
    const note = `${FAILURES_PREFIX}${baseId}`
    const expiry = ttl === undefined ? [] : ['PX', ttl]
    steps.push(toStep(note, ['set', note, JSON.stringify({ base_id: baseId, timestamp: failedAt }), ...expiry], last))
  }
  return steps
}

/** Returns one push command, or several push commands if the lines are too many or too long for one command. */
function toPushes(key: string, lines: readonly string[], positions: readonly number[]): Step[] {
  const steps: Step[] = []
  let from = 0
  let size = 0
  const push = (to: number) => {
    if (to === from) return
    const command: RedisCommand = ['lpush', key, ...lines.slice(from, to)]
    steps.push({ key, command, positions: positions.slice(from, to), size, follows: undefined, state: 'due' })
    from = to
    size = 0
  }
  for (const [at, { length }] of lines.entries()) {
    if (at - from === MAX_COMMAND_LINES || size + length > MAX_REQUEST_CHARACTERS || length > MIN_LONG_LINE_CHARACTERS)
      push(at)
    size += length
    if (length > MIN_LONG_LINE_CHARACTERS) push(at + 1)
  }
  push(lines.length)
  return steps
}

function toStep(key: string, command: RedisCommand, follows: Step | undefined): Step {
  return { key, command, positions: [], size: 0, follows, state: 'due' }
}

function toGroups(steps: readonly Step[]): Step[][] {
  const groups: Step[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const step of steps) {
    if (size + step.size > MAX_REQUEST_CHARACTERS || isLong(step)) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(step)
    size = isLong(step) ? Number.POSITIVE_INFINITY : size + step.size
  }
  return groups
}

function isLong({ positions, size }: Step): boolean {
  return positions.length === 1 && size > MIN_LONG_LINE_CHARACTERS
}
