import { OsprofilerError } from '@osprofiler/core'
import { parseConnectionUrl, showHost } from '../opening/connection-url.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { readFileOption } from '../opening/url-options.js'
import { prepareOnce } from '../records/prepare-once.js'
import { createHttpClient, HttpFailure, type LogInsightServer } from './http.js'
import { sendEvents, toEvents } from './ingest.js'
import { ANSWER_MS, listTraces, readTrace } from './query.js'
import { type Credentials, createSession, LOGIN_TIMEOUT_MS } from './session.js'

const FORM = {
  example: 'loginsight://user:password@host',
  defaultPort: 9_543,
  options: ['ca', 'insecure', 'provider'],
}

/**
 * Keeps records in VMware's Log Insight, in the layout of Python's driver: one event per record, up to 500 events per
 * request. Log Insight has no event ids, so a batch that is sent twice is stored twice. Therefore a write whose request
 * gets no answer rejects with `ERR_WRITE_UNCERTAIN`. Events expire in Log Insight, and cannot be removed. Unlike
 * Python's driver, this driver requires TLS with a verified certificate, or the option `?insecure=true`.
 */
export function openLoginsightDriver(location: string, { lifetime }: OpenContext): StoreDriver {
  const { server, credentials } = readLocation(location)
  const client = createHttpClient(server, lifetime)
  const send = createSession(client, credentials)
  const writePrepared = prepareOnce(toEvents)

  return {
    name: 'loginsight',
    location: showHost(server),
    answerMs: LOGIN_TIMEOUT_MS + ANSWER_MS,
    write: records => writePrepared(records, batch => sendEvents(send, batch)),
    read: baseId => readTrace(send, baseId),
    list: (selection, failedOnly) => listTraces(send, selection, failedOnly),
    toError: toLoginsightError,
    destroy: client.close,
  }
}

function toLoginsightError(error: unknown): unknown {
  if (!(error instanceof HttpFailure)) return error
  return new OsprofilerError('ERR_STORE', `Log Insight cannot be reached: ${error.message}.`, { cause: error })
}

function readLocation(location: string): { readonly server: LogInsightServer; readonly credentials: Credentials } {
  const url = parseConnectionUrl(location, FORM)
  const { username, password, hosts, path, options, createError } = url
  const [host] = hosts
  if (username === undefined || password === undefined || host === undefined || hosts.length > 1 || path !== '') {
    throw createError('it must name one host, with a user and a password')
  }
  const insecure = options.get('insecure') ?? 'false'
  // A misspelled value is an error, because this option decides whether the certificate is verified.
  if (insecure !== 'true' && insecure !== 'false') throw createError('insecure must be true or false')
  return {
    server: { ...host, ca: readFileOption(url, 'ca')?.toString('utf8'), insecure: insecure === 'true' },
    credentials: { username, password, provider: options.get('provider') },
  }
}
