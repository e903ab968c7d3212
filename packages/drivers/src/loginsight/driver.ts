import { OsprofilerError } from '@osprofiler/core'
import { readAuthority } from '../opening/authority-file.js'
import { parseConnectionUrl, showHost } from '../opening/connection-url.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
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

/**
 * VMware's Log Insight, in the layout of Python's driver: an event a record. A batch is one request to its ingestion
 * service. That knows no ids: a batch whose answer never came is `ERR_WRITE_UNCERTAIN`. Events cannot be removed; Log
 * Insight forgets them by itself.
 *
 * Unlike Python's driver, it sends everything over TLS, and wants a certificate that it can verify, or to be told
 * `?insecure=true`.
 */
export function openLoginsightDriver(location: string, { lifetime }: OpenContext): StoreDriver {
  const { server, credentials } = readLocation(location)
  const client = createHttpClient(server, lifetime)
  const send = createSession(client, credentials)
  const batches = createPreparedBatches<EventBatch>()

  return {
    name: 'loginsight',
    location: showHost(server),
    write: records =>
      batches.use(
        records,
        () => toEvents(records),
        batch => ingest(send, batch),
      ),
    read: baseId => readTrace(send, baseId),
    list: (selection, failed) => listTraces(send, selection, failed),
    toError: explain,
    cut: client.close,
  }
}

function explain(error: unknown): unknown {
  if (!(error instanceof HttpFailure)) return error
  return new OsprofilerError('ERR_STORE', `Log Insight cannot be reached: ${error.message}.`, { cause: error })
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
