import { createHash } from 'node:crypto'
import type { Driver, TraceSummary } from '@osprofiler/core'
import { escapeControl } from '@osprofiler/report'
import { Refusal } from './respond.js'
import type { TraceFile, TraceFiles } from './trace-files.js'

const SHORTEST_LIST = 200
/** How long a list may be asked for: few lengths, so that few lists are kept. */
export const LIST_LENGTHS: readonly number[] = [SHORTEST_LIST, 1_000]

/** Texts of a record in a list, at most; the rest is on the trace's own page. Ids are kept whole: they are links. */
const LONGEST_TEXT = 200

/** A list is read again at most this often, in milliseconds... */
const SHORTEST_REST = 500
/** ... and the store rests this many times as long as it took to read, so that a slow one is not kept busy by a page. */
const REST = 4

/** One trace of the list, as a page gets it. All but `ref` is text to be shown, with nothing left to obey. */
interface ListedTrace {
  /** What the trace is named by in addresses: as it is. */
  readonly ref: string
  readonly id: string
  readonly timestamp: string
  readonly name: string
  readonly project: string
  readonly service: string
  readonly records: number
  readonly failed: boolean
  readonly isFile: boolean
}

/** A list as it is sent, and what tells it from any other. */
export interface TraceListText {
  readonly etag: string
  readonly text: string
  /** How many records the store holds of each trace in the list, by its id. */
  readonly lengths: ReadonlyMap<string, number>
}

/** The traces of a store, for any number of pages that ask for them again and again. */
export interface TraceList {
  /**
   * @param length one of `LIST_LENGTHS`
   * @param failedOnly only traces in which something failed
   */
  read(length: number, failedOnly: boolean): Promise<TraceListText>
  /** The shortest list of all traces. */
  newest(): Promise<TraceListText>
}

/**
 * Reads lists from a driver: however many pages ask, there is one read at a time for each kind of list. The files that
 * are open stand first in every list.
 */
export function createTraceList(driver: Driver, files: TraceFiles): TraceList {
  const readers = LIST_LENGTHS.map(length => ({
    length,
    all: restBetween(createListReader(driver, files, length)),
    failed: restBetween(() => readFailedList(driver, files, length)),
  }))

  async function read(length: number, failedOnly: boolean): Promise<TraceListText> {
    const reader = readers.find(candidate => candidate.length === length)
    if (reader === undefined) throw new Refusal(400, `A list has a length of ${LIST_LENGTHS.join(' or ')}.`)
    return await (failedOnly ? reader.failed() : reader.all())
  }

  return { read, newest: () => read(SHORTEST_LIST, false) }
}

/** Gives the last result, also to those who ask while it is being read, until the store has had its rest. */
function restBetween<Result>(read: () => Promise<Result>): () => Promise<Result> {
  let last: Promise<Result> | undefined
  let restsUntil = 0

  return () => {
    if (last !== undefined && performance.now() < restsUntil) return last
    const begun = performance.now()
    const rest = (): void => {
      const now = performance.now()
      restsUntil = now + Math.max(SHORTEST_REST, (now - begun) * REST)
    }
    restsUntil = Number.POSITIVE_INFINITY
    last = read()
    last.then(rest, rest)
    return last
  }
}

function createListReader(driver: Driver, files: TraceFiles, length: number): () => Promise<TraceListText> {
  const readFailures = createFailureReader(driver)
  return async () => {
    if (driver.listTraces === undefined) throw writeOnly()
    // One more tells whether there are more.
    const found = await driver.listTraces({ limit: length + 1 })
    const traces = found.slice(0, length)
    return toText(files, traces, await readFailures(traces), found.length > length)
  }
}

async function readFailedList(driver: Driver, files: TraceFiles, length: number): Promise<TraceListText> {
  if (driver.listErrorTraces === undefined) throw writeOnly()
  const found = await driver.listErrorTraces({ limit: length + 1 })
  const traces = found.slice(0, length)
  const failed = new Set(traces.map(trace => trace.base_id))
  return toText(files, traces, failed, found.length > length)
}

function writeOnly(): Refusal {
  return new Refusal(501, 'This store can only be written.')
}

function toText(
  files: TraceFiles,
  traces: readonly TraceSummary[],
  failed: ReadonlySet<string>,
  more: boolean,
): TraceListText {
  const listed = [...files.list().map(toListedFile), ...traces.map(trace => toListed(trace, failed.has(trace.base_id)))]
  const text = JSON.stringify({ traces: listed, more })
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  return { text, etag, lengths: new Map(traces.map(trace => [trace.base_id, trace.records])) }
}

/**
 * Finds which of the newest traces failed. Only traces that have grown can have come to fail, so the store is asked
 * for no more than those since the oldest of them.
 */
function createFailureReader(driver: Driver): (traces: readonly TraceSummary[]) => Promise<ReadonlySet<string>> {
  let lengths = new Map<string, number>()
  let failed = new Set<string>()

  return async traces => {
    const grown = traces.filter(trace => lengths.get(trace.base_id) !== trace.records)
    if (grown.length === 0 || driver.listErrorTraces === undefined) return failed
    const [oldest] = grown.map(({ timestamp }) => timestamp).sort()
    const since = new Date(`${oldest}Z`)
    const query = { limit: traces.length, since: Number.isNaN(since.getTime()) ? undefined : since }
    const found = await driver.listErrorTraces(query)
    const listed = new Set(traces.map(trace => trace.base_id))
    failed = new Set([...failed, ...found.map(trace => trace.base_id)].filter(baseId => listed.has(baseId)))
    lengths = new Map(traces.map(trace => [trace.base_id, trace.records]))
    return failed
  }
}

/** A store hands out what it holds, whatever its types. */
function toListed(trace: TraceSummary, failed: boolean): ListedTrace {
  return {
    ref: `id:${trace.base_id}`,
    id: toShown(trace.base_id),
    timestamp: toShown(trace.timestamp),
    name: toShown(trace.name),
    project: toShown(trace.project),
    service: toShown(trace.service),
    records: Number(trace.records) || 0,
    failed,
    isFile: false,
  }
}

function toListedFile({ number, name, report }: TraceFile): ListedTrace {
  const top = report.roots[0]
  return {
    ref: `file:${number}`,
    id: toShown(report.baseId),
    timestamp: toShown(report.startedAt),
    name: toShown(name),
    project: toShown(top?.project),
    service: toShown(top?.service),
    records: report.points.reduce((sum, { start, stop }) => sum + (start ? 1 : 0) + (stop ? 1 : 0), 0),
    failed: report.points.some(point => point.failed),
    isFile: true,
  }
}

function toShown(value: unknown): string {
  const text = String(value ?? '')
  return escapeControl(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text)
}
