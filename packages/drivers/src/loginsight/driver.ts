import {
  type Driver,
  OsprofilerError,
  type TraceQuery,
  type TraceRecord,
  type TraceSummary,
  type WriteResult,
} from '@osprofiler/core'
import { createLifetime } from '../lifetime/driver-lifetime.js'
import { readQuery } from '../listing/trace-query.js'
import { readAuthority } from '../opening/authority-file.js'
import { parseConnectionUrl, showHost } from '../opening/connection-url.js'
import { createPreparedBatches } from '../records/prepared-batch.js'
import { createHttpClient, HttpFailure, type LogInsightServer } from './http.js'
import { type EventBatch, ingest, toEvents } from './ingest.js'
import { listTraces, readTrace } from './query.js'
import { type Credentials, createSession } from './session.js'

const FORM = {
  example: 'loginsight://user:password@host',
  defaultPort: 9_543,
  options: ['ca', 'insecure', 'provider'],
}
/** A reader is given this many records at once. */
const BATCH = 500

/**
 * VMware's Log Insight, in the layout of Python's driver: an event a record. A batch is one request to its ingestion
 * service. That knows no ids: a batch whose answer never came is `ERR_WRITE_UNCERTAIN`. Events cannot be removed; Log
 * Insight forgets them by itself.
 *
 * Unlike Python's driver, it sends everything over TLS, and wants a certificate that it can verify, or to be told
 * `?insecure=true`.
 */
export function openLoginsightDriver(location: string): Driver {
  const { server, credentials } = readLocation(location)
  const lifetime = createLifetime()
  const client = createHttpClient(server, lifetime.lookup)
  const send = createSession(client, credentials)
  const batches = createPreparedBatches<EventBatch>()

  async function write(records: readonly TraceRecord[]): Promise<WriteResult> {
    const result = await ingest(
      send,
      batches.of(records, () => toEvents(records)),
    )
    batches.settle(records)
    return result
  }

  async function* read(baseId: string): AsyncGenerator<readonly TraceRecord[]> {
    lifetime.checkOpen()
    for await (const records of readTrace(send, baseId)) {
      for (let start = 0; start < records.length; start += BATCH) yield records.slice(start, start + BATCH)
    }
  }

  async function list(query: TraceQuery | undefined, failed: boolean): Promise<TraceSummary[]> {
    const selection = readQuery(query)
    lifetime.checkOpen()
    return await listTraces(send, selection, failed).catch(fail)
  }

  return {
    name: 'loginsight',
    location: showHost(server),
    async write(records) {
      lifetime.checkOpen()
      try {
        return await lifetime.trackWrite(write(records))
      } catch (error) {
        return fail(error)
      }
    },
    async *readRecords(baseId) {
      try {
        yield* read(baseId)
      } catch (error) {
        fail(error)
      }
    },
    listTraces: query => list(query, false),
    listErrorTraces: query => list(query, true),
    close: timeout => lifetime.close(timeout, { cut: client.close }),
  }
}

function fail(error: unknown): never {
  if (!(error instanceof HttpFailure)) throw error
  throw new OsprofilerError('ERR_STORE', `Log Insight cannot be reached: ${error.message}.`, { cause: error })
}

function readLocation(location: string): { readonly server: LogInsightServer; readonly credentials: Credentials } {
  const { username, password, hosts, path, options } = parseConnectionUrl(location, FORM)
  const [host] = hosts
  if (username === undefined || password === undefined || host === undefined || hosts.length > 1 || path !== '') {
    throw new OsprofilerError(
      'ERR_CONNECTION_STRING',
      `Such a connection string looks like "${FORM.example}": one host, with a user and a password.`,
    )
  }
  const insecure = options.get('insecure') ?? 'false'
  if (insecure !== 'true' && insecure !== 'false') {
    throw new OsprofilerError('ERR_CONNECTION_STRING', 'insecure is true or false.')
  }
  return {
    server: { ...host, ca: readAuthority(options.get('ca')), insecure: insecure === 'true' },
    credentials: { username, password, provider: options.get('provider') },
  }
}
