import { constants } from 'node:fs'
import { access, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { OsprofilerError, type TraceRecord, type TraceSummary } from '@osprofiler/core'
import { Array, isError, Map, Promise, String } from '@osprofiler/core/toolkit'
import { getLatestPlausibleTimestamp } from '../listing/latest-plausible-timestamp.js'
import { type Selection, toTimestamp } from '../listing/trace-query.js'
import { createTally, selectTraces, type TraceTally } from '../listing/trace-tally.js'
import { makeDirectory } from '../opening/make-directory.js'
import { showPath, showPathFailure } from '../opening/show-path.js'
import type { StoreDriver } from '../opening/store-driver.js'
import { encodeRecord, isObject } from '../records/record-text.js'
import { EXTENSION, readFileLocation, toTracePath } from './path.js'
import { appendLines, readLines } from './trace-file.js'

interface TraceFile {
  readonly path: string
  /** The latest timestamp that a record in this file can have. */
  readonly modified: string
}

const MAX_PARALLEL_FILES = 16

/**
 * Keeps traces in a directory, with one file of JSON lines per trace. Several processes may write at once, and other
 * programs can read the files. To list traces, the driver reads whole files, starting with the newest file. Therefore
 * `sqlite://` is better for more than a few thousand traces. A batch with records of several traces is written to
 * several files. If only some of these writes fail, the records that were not written count as refused. A retry of the
 * whole batch would store the other records twice. If all writes fail, the batch may be tried again.
 */
export function openFileDriver(location: string): StoreDriver {
  const { directory, ttl } = readFileLocation(location)

  return {
    name: 'file',
    location: showPath(directory),
    // A file that was modified at `before` or later is not read, because its trace is too young to be removed.
    retention: { ttl, prune: before => pruneFiles(directory, before, ({ modified }) => modified < before) },
    async write(records) {
      const files = groupLines(directory, records)
      return { refused: files.size === 0 ? 0 : records.length - (await appendAll(directory, files)) }
    },
    read: (baseId, onUnreadable) => readLines(toTracePath(directory, baseId), onUnreadable),
    list: (selection, failedOnly) => listTraces(directory, selection, failedOnly),
    async remove(baseId) {
      const path = toTracePath(directory, baseId)
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

async function listTraces(directory: string, selection: Selection, failedOnly: boolean): Promise<TraceSummary[]> {
  const { limit, since } = selection
  const latest = getLatestPlausibleTimestamp()
  const found: TraceSummary[] = []
  for (const { path, modified } of await listFiles(directory)) {
    // The files are sorted from the newest to the oldest, and no trace is newer than its file. Therefore all traces in
    // the remaining files are too old for the list.
    const isNewer = ({ timestamp }: TraceSummary): boolean => timestamp >= modified && timestamp <= latest
    if (modified < since || found.filter(isNewer).length >= limit) break
    const tally = await tallyReadable(path)
    if (tally !== undefined) found.push(...selectTraces([tally], selection, failedOnly))
  }
  return found
}

function groupLines(directory: string, records: readonly TraceRecord[]): Map<string, string[]> {
  const files = new Map<string, string[]>()
  for (const record of records) {
    const path = toTracePath(directory, record.base_id)
    const lines = files.get(path)
    if (lines === undefined) files.set(path, [encodeRecord(record)])
    else lines.push(encodeRecord(record))
  }
  return files
}

/** Appends lines to each file, and returns the number of lines that were written. Rejects if no line was written. */
async function appendAll(directory: string, files: ReadonlyMap<string, readonly string[]>): Promise<number> {
  let written = 0
  let failure: unknown
  try {
    await makeDirectory(directory)
    await forEachInParallel([...files], async ([path, lines]) => {
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

/**
 * Returns undefined for a file that the process may not read, so that a list still shows the traces of the other files.
 */
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

/** Rejects if the process may not remove files from the directory, even if there is nothing to remove. */
async function checkWritable(directory: string): Promise<void> {
  try {
    await access(directory, constants.W_OK)
  } catch (error) {
    if (!(isError(error) && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

/**
 * Removes the traces whose records are all older than `before`, and returns the number of removed traces. If another
 * process appends records to a trace while the trace's file is being removed, these records may be lost.
 */
async function pruneFiles(
  directory: string,
  before: string,
  isCandidate: (file: TraceFile) => boolean = () => true,
): Promise<number> {
  let pruned = 0
  await forEachInParallel((await listFiles(directory)).filter(isCandidate), async ({ path }) => {
    const tally = await tallyReadable(path)
    if (tally?.summary === undefined || tally.newest >= before) return
    await rm(path, { force: true })
    pruned++
  })
  return pruned
}

/** Lists the trace files, with the most recently modified file first. */
async function listFiles(directory: string): Promise<TraceFile[]> {
  const files: TraceFile[] = []
  await forEachInParallel(await readNames(directory), async name => {
    const path = join(directory, name)
    const stats = await stat(path).catch(() => undefined)
    // A second is added to the modification time, because file systems may round times down. Timestamps of records are
    // exact to the microsecond.
    if (stats?.isFile()) files.push({ path, modified: toTimestamp(stats.mtimeMs + 1_000) })
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

async function forEachInParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const rest = items.values()
  const worker = async () => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: MAX_PARALLEL_FILES }, worker))
}

function toFileError(directory: string, error: unknown): unknown {
  const { message, code } = isObject(error) ? error : { message: error, code: undefined }
  const cause = showPathFailure(directory, String(message), code)
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    const advice = code === 'EROFS' ? 'is read-only' : `denies access to this user (${cause.message})`
    return new OsprofilerError('ERR_STORE', `The store in "${showPath(directory)}" ${advice}.`, { cause })
  }
  return new OsprofilerError('ERR_STORE', `The store in "${showPath(directory)}" cannot be used: ${cause.message}.`, {
    cause,
  })
}
