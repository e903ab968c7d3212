import { type Driver, OsprofilerError, type TraceQuery, type TraceRecord, type TraceSummary } from '@osprofiler/core'
import { createLifetime } from '../lifetime/driver-lifetime.js'
import { createRetention } from '../lifetime/retention.js'
import { readBefore, readQuery } from '../listing/trace-query.js'
import type { OpenContext } from '../opening/open-context.js'
import { redactPath } from '../opening/redact-path.js'
import { isStorable, toRowRecord } from '../records/record-row.js'
import { findSqliteClient } from './client.js'
import type { SqlitePage } from './database/store.js'
import { toStoreError, toWriteError } from './failure.js'
import { readSqliteLocation } from './path.js'
import { packRecord } from './row.js'
import { createThread, ThreadDied } from './thread.js'
import { findWorker } from './worker-file.js'

/** How many records are handed to the thread at once, so that it unpacks them while the next ones are packed. */
const RECORDS_PER_STAGE = 100

/** Somebody may have numbered the rows from below zero. */
const MIN_ID = -(2n ** 63n)

/**
 * The embedded store: an SQLite file with the table of Python's SQLAlchemy driver, which any number of processes of
 * either language write and read at once. SQLite runs in a thread of its own. Batches are transactions in
 * write-ahead mode: what `write` resolved for survives `kill -9`, though not always a power failure.
 *
 * Waits up to 5 s for another process's lock, then rejects and has written nothing. A file that is deleted is made
 * anew. Refused are records with a NUL or half a surrogate pair outside of `info`. A thread that dies midway is
 * `ERR_WRITE_UNCERTAIN`, and the next call starts another. `?ttl=7d` prunes while it is being written.
 */
export function openSqliteDriver(location: string, context?: OpenContext): Driver {
  const { path, ttl } = readSqliteLocation(location)
  const thread = createThread(context?.checkOnly ? '' : findWorker(), findSqliteClient(context), path)
  const retention = createRetention(ttl, prune)
  const lifetime = createLifetime()

  async function list(query: TraceQuery | undefined, failed: boolean): Promise<TraceSummary[]> {
    const selection = readQuery(query)
    lifetime.checkOpen()
    return await thread.ask({ operation: 'list', selection, failed }).catch(fail)
  }

  async function readPage(baseId: string, after: bigint): Promise<SqlitePage> {
    lifetime.checkOpen()
    return await thread.ask({ operation: 'read', baseId, after }).catch(fail)
  }

  async function write(records: readonly TraceRecord[]): Promise<number> {
    lifetime.checkOpen()
    if (records.length === 0) return 0
    let unpackable = 0
    try {
      for (let start = 0; start < records.length; start += RECORDS_PER_STAGE) {
        const staged = records.slice(start, start + RECORDS_PER_STAGE)
        const packed = staged.flatMap(record => packRecord(record) ?? [])
        unpackable += staged.length - packed.length
        thread.stage(packed)
      }
      return unpackable + (await thread.ask({ operation: 'write' }))
    } catch (error) {
      if (!(error instanceof ThreadDied)) throw toWriteError(path, error)
      throw new OsprofilerError(
        'ERR_WRITE_UNCERTAIN',
        `${error.message} Nobody knows whether it had written the batch.`,
        {
          cause: error.cause,
        },
      )
    }
  }

  async function prune(before: Date): Promise<number> {
    const oldest = readBefore(before)
    lifetime.checkOpen()
    return await thread.ask({ operation: 'prune', before: oldest }).catch(fail)
  }

  function fail(error: unknown): never {
    throw toStoreError(path, error)
  }

  return {
    name: 'sqlite',
    location: redactPath(path),
    async write(records) {
      const refused = await write(records)
      retention.afterWrite()
      return { refused }
    },
    async *readRecords(baseId) {
      if (!isKeepable(baseId)) return
      for (let after: bigint | undefined = MIN_ID; after !== undefined; ) {
        const page: SqlitePage = await readPage(baseId, after)
        if (page.rows.length > 0) yield page.rows.map(toRowRecord)
        after = page.after
      }
    },
    listTraces: query => list(query, false),
    listErrorTraces: query => list(query, true),
    async deleteTrace(baseId) {
      lifetime.checkOpen()
      if (!isKeepable(baseId)) return 0
      return await thread.ask({ operation: 'delete', baseId }).catch(fail)
    },
    pruneTraces: prune,
    close: timeout => lifetime.close(timeout, { settle: thread.close, cut: thread.cut }),
  }
}

/** Whether there can be a trace of that id. The clients would cut another one short, and find another trace. */
function isKeepable(baseId: string): boolean {
  return !baseId.includes('\0') && isStorable(baseId)
}
