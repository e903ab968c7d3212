import { constants } from 'node:fs'
import { access, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { OsprofilerError, type TraceRecord, type TraceSummary } from '@osprofiler/core'
import { Array, Date, isError, Map, Promise, String } from '@osprofiler/core/toolkit'
import { latestBelievedTime } from '../listing/latest-believed-time.js'
import { type Selection, toTimestamp } from '../listing/trace-query.js'
import { createTally, selectTraces, type TraceTally } from '../listing/trace-tally.js'
import { makeDirectory } from '../opening/make-directory.js'
import { showPath, showPathFailure } from '../opening/show-path.js'
import type { StoreDriver } from '../opening/store-driver.js'
import { encodeRecord, isObject } from '../records/record-text.js'
import { EXTENSION, readFileLocation, toTraceFile } from './path.js'
import { appendLines, readLines } from './trace-file.js'

interface TraceFile {
  readonly path: string
  /** A time that none of its records is younger than, in their form. */
  readonly modified: string
}

/** How many files are worked on at once. */
const PARALLEL = 16

/**
 * A directory of files of JSON lines, one file a trace, that several processes may write at once. Any program that
 * reads lines can read them. A list has to read the newest files whole: fine for thousands of traces, and for more
 * there is `sqlite://`.
 *
 * A batch for several traces is several writes. Where a part of it failed, its records are refused and counted, for
 * sending them again would store the others twice; where all of it failed, it may be tried again.
 */
export function openFileDriver(location: string): StoreDriver {
  const { directory, ttl } = readFileLocation(location)

  return {
    name: 'file',
    location: showPath(directory),
    // A file that was written since is left unread: its trace is not old yet.
    retention: { ttl, prune: before => pruneFiles(directory, before, ({ modified }) => modified < before) },
    async write(records) {
      const files = groupLines(directory, records)
      return { refused: files.size === 0 ? 0 : records.length - (await appendAll(directory, files)) }
    },
    read: (baseId, onUnreadable) => readLines(toTraceFile(directory, baseId), onUnreadable),
    list: (selection, failed) => listTraces(directory, selection, failed),
    async remove(baseId) {
      const path = toTraceFile(directory, baseId)
      const { records = 0 } = (await tallyFile(path)).summary ?? {}
      if (records > 0) await rm(path, { force: true })
      return records
    },
    async prune(before) {
      await checkWritable(directory)
      return await pruneFiles(directory, before)
    },
    toError: error => toFileError(directory, error),
  }
}

async function listTraces(directory: string, selection: Selection, failed: boolean): Promise<TraceSummary[]> {
  const { limit, since } = selection
  const latest = latestBelievedTime()
  const found: TraceSummary[] = []
  for (const { path, modified } of await listFiles(directory)) {
    // A trace is not younger than its file: beyond this one, none can be among the newest or recent enough.
    const isNewer = ({ timestamp }: TraceSummary): boolean => timestamp >= modified && timestamp <= latest
    if (modified < since || found.filter(isNewer).length >= limit) break
    const tally = await tallyReadable(path)
    if (tally !== undefined) found.push(...selectTraces([tally], selection, failed))
  }
  return found
}

/** The lines of a batch by the file that they belong to. */
function groupLines(directory: string, records: readonly TraceRecord[]): Map<string, string[]> {
  const files = new Map<string, string[]>()
  for (const record of records) {
    const path = toTraceFile(directory, record.base_id)
    const lines = files.get(path)
    if (lines === undefined) files.set(path, [encodeRecord(record)])
    else lines.push(encodeRecord(record))
  }
  return files
}

/** How many lines were written. Rejects where it is none. */
async function appendAll(directory: string, files: ReadonlyMap<string, readonly string[]>): Promise<number> {
  let written = 0
  let failure: unknown
  try {
    await makeDirectory(directory)
    await eachInParallel([...files], async ([path, lines]) => {
      try {
        const appended = await appendLines(path, lines)
        written += appended
      } catch (error) {
        failure = error
      }
    })
  } catch (error) {
    failure = error
  }
  if (written === 0) throw failure
  return written
}

/** Undefined for a file that this user may not read: the file costs a list none of the others. */
async function tallyReadable(path: string): Promise<TraceTally | undefined> {
  try {
    return await tallyFile(path)
  } catch (error) {
    if (isError(error) && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')) return undefined
    throw error
  }
}

async function tallyFile(path: string): Promise<TraceTally> {
  const tally = createTally()
  for await (const batch of readLines(path)) for (const record of batch) tally.add(record)
  return tally
}

/** Whoever may remove nothing is told so also where there is nothing to remove. */
async function checkWritable(directory: string): Promise<void> {
  try {
    await access(directory, constants.W_OK)
  } catch (error) {
    if (!(isError(error) && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

/** How many traces were removed. One that is written just then may lose what comes first of its new records. */
async function pruneFiles(
  directory: string,
  before: string,
  isCandidate: (file: TraceFile) => boolean = () => true,
): Promise<number> {
  let pruned = 0
  await eachInParallel((await listFiles(directory)).filter(isCandidate), async ({ path }) => {
    const tally = await tallyReadable(path)
    if (tally?.summary === undefined || tally.newest >= before) return
    await rm(path, { force: true })
    pruned++
  })
  return pruned
}

/** The files of traces, those that changed last first, with a time that none of their records is younger than. */
async function listFiles(directory: string): Promise<TraceFile[]> {
  const files: TraceFile[] = []
  await eachInParallel(await readNames(directory), async name => {
    const path = join(directory, name)
    const stats = await stat(path).catch(() => undefined)
    // A second on top: file systems keep the time of a change coarsely, records keep microseconds.
    if (stats?.isFile()) files.push({ path, modified: toTimestamp(new Date(stats.mtimeMs + 1_000)) })
  })
  return files.sort((one, other) => (one.modified < other.modified ? 1 : -1))
}

async function readNames(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter(name => name.endsWith(EXTENSION))
  } catch (error) {
    if (isError(error) && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

async function eachInParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const rest = items.values()
  const worker = async () => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
}

function toFileError(directory: string, error: unknown): unknown {
  const { message, code } = isObject(error) ? error : { message: error, code: undefined }
  const cause = showPathFailure(directory, String(message), code)
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    const advice = code === 'EROFS' ? 'may only be read' : `is not open to this user for that (${cause.message})`
    return new OsprofilerError('ERR_STORE', `The store in "${showPath(directory)}" ${advice}.`, { cause })
  }
  return new OsprofilerError('ERR_STORE', `The store in "${showPath(directory)}" cannot be used: ${cause.message}.`, {
    cause,
  })
}
