import { isErrorRecord, OsprofilerError, type TraceRecord } from '@osprofiler/core'
import { JSON, Map } from '@osprofiler/core/toolkit'
import { encodeRecord } from '../record-text.js'
import { isForEver } from './failure.js'
import { FAILURES, RECORDS } from './keys.js'
import type { RedisCommand, RedisReply } from './link.js'
import type { KeyedCommand, RedisRoute } from './route.js'

/** A batch as commands, with what has become of each so far. */
export interface RedisBatch {
  readonly steps: readonly Step[]
  /** Records that could not be any. */
  readonly refused: number
}

interface Step extends KeyedCommand {
  /** How many it writes. None: then it may be sent any number of times. */
  readonly records: number
  readonly size: number
  /** What has to be done before it counts. */
  readonly follows: Step | undefined
  state: 'due' | 'done' | 'refused' | 'unknown'
}

/** What a batch has of one trace. */
interface TraceLines {
  readonly lines: string[]
  failedAt: string | undefined
}

/** What goes to a server at once: more would be copied about in memory, there and here. */
const MAX_SIZE = 8_000_000
const MAX_LINES = 5_000

/** One push a trace, in the layout of Python's driver, then its expiry and the note of its failure where these are wanted. */
export function prepareBatch(
  records: readonly TraceRecord[],
  options: { readonly ttl: number | undefined; readonly filterErrorTrace: boolean },
): RedisBatch {
  const traces = new Map<string, TraceLines>()
  let refused = 0
  for (const record of records) if (!add(traces, record, options.filterErrorTrace)) refused++
  return { steps: [...traces].flatMap(([baseId, trace]) => toSteps(baseId, trace, options.ttl)), refused }
}

/**
 * Sends what is due of a batch and resolves to how many records the store will never keep. What was refused for now is
 * due again when the batch is: then this rejects. What nobody knows of is not sent again.
 */
export async function sendBatch(route: RedisRoute, { steps, refused }: RedisBatch): Promise<number> {
  let failure: Error | undefined
  for (const group of toGroups(steps.filter(({ state }) => state === 'due'))) {
    const replies = await route.send(group)
    for (const [index, step] of group.entries()) failure = settle(step, replies[index]) ?? failure
  }
  if (failure !== undefined && steps.some(({ state }) => state === 'due')) throw failure
  if (steps.some(({ state }) => state === 'unknown')) {
    throw new OsprofilerError(
      'ERR_WRITE_UNCERTAIN',
      'The connection to Redis broke in the middle of a batch: nobody knows whether it was written, so it is not sent again.',
      failure === undefined ? undefined : { cause: failure },
    )
  }
  return steps.reduce((sum, { state, records }) => sum + (state === 'refused' ? records : 0), refused)
}

/** What it failed of, where it did. */
function settle(step: Step, reply: RedisReply | undefined): Error | undefined {
  if (reply === undefined) return undefined
  if (reply.outcome === 'done') {
    // Of a trace that could not be pushed, the expiry had no effect.
    if (step.follows?.state !== 'due') step.state = 'done'
    return undefined
  }
  if (reply.outcome === 'lost') {
    if (step.records > 0) step.state = 'unknown'
  } else if (isForEver(reply.error)) {
    step.state = 'refused'
  }
  return reply.error
}

/** Whether it could be: a record may be anybody's, and throw when it is looked at. */
function add(traces: Map<string, TraceLines>, record: TraceRecord, filterErrorTrace: boolean): boolean {
  const line = encodeRecord(record)
  if (line === undefined) return false
  try {
    const { base_id: baseId, timestamp } = record
    const trace = traces.get(baseId) ?? { lines: [], failedAt: undefined }
    if (filterErrorTrace && isErrorRecord(record)) trace.failedAt = timestamp
    if (trace.lines.length === 0) {
      // A key is made of bytes: half a surrogate pair has none.
      if (!baseId.isWellFormed()) return false
      traces.set(baseId, trace)
    }
    trace.lines.push(line)
    return true
  } catch {
    return false
  }
}

function toSteps(baseId: string, { lines, failedAt }: TraceLines, ttl: number | undefined): Step[] {
  const key = `${RECORDS}${baseId}`
  const steps = toPushes(key, lines)
  const last = steps.at(-1)
  if (ttl !== undefined) steps.push(toStep(key, ['pexpire', key, ttl], last))
  if (failedAt !== undefined) {
    const note = `${FAILURES}${baseId}`
    const expiry = ttl === undefined ? [] : ['PX', ttl]
    steps.push(toStep(note, ['set', note, JSON.stringify({ base_id: baseId, timestamp: failedAt }), ...expiry], last))
  }
  return steps
}

/** One push, but for batches that are beyond all measure. */
function toPushes(key: string, lines: readonly string[]): Step[] {
  const steps: Step[] = []
  let from = 0
  let size = 0
  const push = (to: number) => {
    const command: RedisCommand = ['lpush', key, ...lines.slice(from, to)]
    steps.push({ key, command, records: to - from, size, follows: undefined, state: 'due' })
    from = to
    size = 0
  }
  for (const [at, { length }] of lines.entries()) {
    if (at - from === MAX_LINES || (at > from && size + length > MAX_SIZE)) push(at)
    size += length
  }
  push(lines.length)
  return steps
}

function toStep(key: string, command: RedisCommand, follows: Step | undefined): Step {
  return { key, command, records: 0, size: 0, follows, state: 'due' }
}

function toGroups(steps: readonly Step[]): Step[][] {
  const groups: Step[][] = []
  let size = 0
  for (const step of steps) {
    const group = groups.at(-1)
    if (group === undefined || size + step.size > MAX_SIZE) {
      groups.push([step])
      size = step.size
    } else {
      group.push(step)
      size += step.size
    }
  }
  return groups
}
