import { createHash } from 'node:crypto'
import type { Driver, TraceSummary } from '@osprofiler/core'
import { type CountAnswer, LIST_LENGTHS, type ListAnswer } from '../../protocol/listed-trace.js'
import { Refusal } from '../answers/respond.js'
import type { TraceFiles } from '../traces/trace-files.js'
import { createWriteOnlyRefusal } from '../traces/traces.js'
import { toListedFile, toListedTrace } from './to-listed-trace.js'
import type { Descriptions } from './trace-descriptions.js'

const [SHORTEST_LIST_TRACES] = LIST_LENGTHS
/** Lists up to this length are kept up to date for people who watch them. Longer lists are for searches. */
const MAX_LIVE_TRACES = 1_000
/** Counting stops here, because users do not need a more precise count, and counting further would burden the store. */
const MAX_COUNTED_TRACES = 100_000

/** The minimum pause between two reads of a list. */
const MIN_REST_MS = 500
const LONG_LIST_REST_MS = 3_000
const COUNT_REST_MS = 30_000
/** The pause is also at least this multiple of the read's duration, so that a page does not keep a slow store busy. */
const REST_FACTOR = 4

/** A list as JSON, with the ETag by which pages detect whether the list has changed. */
export interface TraceListText {
  readonly etag: string
  readonly text: string
  /** The number of records in the store for each trace in the list, by trace id. */
  readonly lengths: ReadonlyMap<string, number>
}

/** The traces of a store, for any number of pages that poll the list. */
export interface TraceList {
  /** Reads a list. `length` is one of `LIST_LENGTHS`; `failedOnly` selects traces in which something failed. */
  read(length: number, failedOnly: boolean): Promise<TraceListText>
  /** Reads the shortest list of all traces. */
  newest(): Promise<TraceListText>
  count(failedOnly: boolean): Promise<CountAnswer>
}

/** The sources of the lists: the store, the opened files, and the descriptions of traces. */
export interface ListSources {
  readonly driver: Driver
  readonly files: TraceFiles
  readonly descriptions: Descriptions
}

/**
 * Creates lists that are read from a driver. Each list is read only once at a time. Opened files come first in every
 * list.
 */
export function createTraceList(sources: ListSources): TraceList {
  const { driver } = sources
  const readers = LIST_LENGTHS.map(length => {
    const restMs = length > MAX_LIVE_TRACES ? LONG_LIST_REST_MS : MIN_REST_MS
    const findFailed = createFailureReader(driver)
    return {
      length,
      all: limitReadRate(() => readList(sources, 'listTraces', length, findFailed), restMs),
      failed: limitReadRate(
        () => readList(sources, 'listErrorTraces', length, async traces => collectIds(traces)),
        restMs,
      ),
    }
  })
  const counts = {
    all: limitReadRate(() => countTraces(driver, 'listTraces'), COUNT_REST_MS),
    failed: limitReadRate(() => countTraces(driver, 'listErrorTraces'), COUNT_REST_MS),
  }

  async function read(length: number, failedOnly: boolean): Promise<TraceListText> {
    const reader = readers.find(candidate => candidate.length === length)
    if (reader === undefined) throw new Refusal(400, `The length of a list must be ${LIST_LENGTHS.join(' or ')}.`)
    return await (failedOnly ? reader.failed() : reader.all())
  }

  return {
    read,
    newest: () => read(SHORTEST_LIST_TRACES, false),
    count: failedOnly => (failedOnly ? counts.failed() : counts.all()),
  }
}

type ListMethod = 'listTraces' | 'listErrorTraces'

async function countTraces(driver: Driver, listMethod: ListMethod): Promise<CountAnswer> {
  const found = await driver[listMethod]?.({ limit: MAX_COUNTED_TRACES + 1 })
  if (found === undefined) throw createWriteOnlyRefusal()
  return { traces: Math.min(found.length, MAX_COUNTED_TRACES), more: found.length > MAX_COUNTED_TRACES }
}

/**
 * Creates a function that calls `read`, but returns the previous call's promise until the pause after that call is
 * over.
 */
function limitReadRate<Result>(read: () => Promise<Result>, minRestMs: number): () => Promise<Result> {
  let last: Promise<Result> | undefined
  let restsUntil = 0

  return () => {
    if (last !== undefined && performance.now() < restsUntil) return last
    const startedMs = performance.now()
    const rest = (): void => {
      const now = performance.now()
      restsUntil = now + Math.max(minRestMs, (now - startedMs) * REST_FACTOR)
    }
    restsUntil = Number.POSITIVE_INFINITY
    last = read()
    last.then(rest, rest)
    return last
  }
}

type FindFailed = (traces: readonly TraceSummary[]) => Promise<ReadonlySet<string>>

async function readList(
  sources: ListSources,
  listMethod: ListMethod,
  length: number,
  findFailed: FindFailed,
): Promise<TraceListText> {
  // One additional trace is requested, to find out whether there are more.
  const found = await sources.driver[listMethod]?.({ limit: length + 1 })
  if (found === undefined) throw createWriteOnlyRefusal()
  const traces = found.slice(0, length)
  return toText(sources, traces, await findFailed(traces), found.length > length)
}

function collectIds(traces: readonly TraceSummary[]): Set<string> {
  return new Set(traces.map(trace => trace.base_id))
}

function toText(
  { files, descriptions }: ListSources,
  traces: readonly TraceSummary[],
  failed: ReadonlySet<string>,
  more: boolean,
): TraceListText {
  descriptions.want(traces)
  const listed = [
    ...files.list().map(toListedFile),
    ...traces.map(trace => toListedTrace(trace, failed.has(trace.base_id), descriptions.get(trace.base_id))),
  ]
  const answer: ListAnswer = { traces: listed, more }
  const text = JSON.stringify(answer)
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  return { text, etag, lengths: new Map(traces.map(trace => [trace.base_id, trace.records])) }
}

/**
 * Creates a function that finds which of the newest traces failed. Only traces that have grown can have failed since
 * the last call. So the store is queried only for traces that are not older than the oldest trace that has grown.
 */
function createFailureReader(driver: Driver): FindFailed {
  let lengths = new Map<string, number>()
  let failed = new Set<string>()

  return async traces => {
    const grown = traces.filter(trace => lengths.get(trace.base_id) !== trace.records)
    if (grown.length === 0 || driver.listErrorTraces === undefined) return failed
    const [oldest] = grown.map(({ timestamp }) => timestamp).sort()
    const since = new Date(`${oldest}Z`)
    const query = { limit: traces.length, since: Number.isNaN(since.getTime()) ? undefined : since }
    const found = await driver.listErrorTraces(query)
    const listed = collectIds(traces)
    failed = new Set([...failed, ...found.map(trace => trace.base_id)].filter(baseId => listed.has(baseId)))
    lengths = new Map(traces.map(trace => [trace.base_id, trace.records]))
    return failed
  }
}
