import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { TraceRecord } from '@osprofiler/core'
import { onTestFinished } from 'vitest'

/** A small server that replaces Ceilometer and Keystone. */
export interface CeilometerStandIn {
  readonly host: string
  readonly port: number
  /** Adds the events that Ceilometer's agent would create from notifications with these records. */
  hold(records: readonly TraceRecord[], options?: { readonly raw?: boolean }): void
  /** Sets the status, body or headers of all later responses. */
  answer(answer: { readonly status?: number; readonly body?: string; readonly headers?: Record<string, string> }): void
  /** The path and the token of each received request. */
  readonly requests: readonly { readonly url: string; readonly token: string | undefined }[]
}

const TOKEN = 't0ken'
const PASSWORD = 'p4ssword'

/**
 * Starts a server with the HTTP APIs of Ceilometer and Keystone. It replaces real servers because neither a Ceilometer
 * with an events API nor its successor Panko can be installed anymore.
 *
 * - At `/v2/events`, the server returns events as Ceilometer 7 did. It supports queries by trait, and `limit` (100 by
 *   default).
 * - At `/v3/auth/tokens`, the server returns the token "t0ken" for the password "p4ssword".
 */
export async function startCeilometerStandIn(): Promise<CeilometerStandIn> {
  const events: { readonly traits: readonly { readonly name: string; readonly value: unknown }[] }[] = []
  const requests: { url: string; token: string | undefined }[] = []
  let fixed: Parameters<CeilometerStandIn['answer']>[0] | undefined

  const onRequest: RequestListener = async (request, response) => {
    const { url = '', headers } = request
    const token = headers['x-auth-token']
    requests.push({ url, token: typeof token === 'string' ? token : undefined })
    const { pathname, searchParams } = new URL(url, 'http://x')
    if (fixed !== undefined) {
      response.writeHead(fixed.status ?? 200, fixed.headers)
      return void response.end(fixed.body ?? 'no')
    }
    if (pathname === '/v3/auth/tokens') {
      const asked = JSON.stringify(await json(request))
      response.writeHead(asked.includes(`"password":"${PASSWORD}"`) ? 201 : 401, { 'x-subject-token': TOKEN })
      const endpoints = [{ interface: 'public', region: 'one', url: `http://${headers.host}/` }]
      return void response.end(JSON.stringify({ token: { catalog: [{ type: 'metering', endpoints }] } }))
    }
    if (pathname !== '/v2/events') return void response.writeHead(404).end('{}')
    if (token !== TOKEN) return void response.writeHead(401).end('{}')
    response.end(JSON.stringify(select(searchParams)))
  }

  function select(query: URLSearchParams) {
    const [field, op, value] = ['q.field', 'q.op', 'q.value'].map(name => query.get(name))
    const isWanted = (trait: { name: string; value: unknown }) => trait.name === field && trait.value === value
    const found = op === 'eq' ? events.filter(({ traits }) => traits.some(isWanted)) : events
    return found.slice(0, Number(query.get('limit') ?? 100))
  }

  const server = createServer(onRequest).listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    requests,
    hold(records, { raw = true } = {}) {
      for (const record of records) events.unshift(toEvent(record, raw))
    },
    answer(answer) {
      fixed = answer
    },
  }
}

/** Converts a record to an event by the rules of Ceilometer's `event_definitions.yaml`. */
function toEvent(record: TraceRecord, raw: boolean) {
  const { base_id, trace_id, parent_id, name, project, service, timestamp, info } = record
  const { path, query, method, scheme } = (info.request ?? {}) as Record<string, unknown>
  const { statement, params } = (info.db ?? {}) as Record<string, unknown>
  const told = { base_id, trace_id, parent_id, name, project, service, timestamp, host: info.host }
  const traits = { ...told, path, query, method, scheme, 'db.statement': statement, 'db.params': params }
  return {
    message_id: trace_id,
    event_type: `profiler.${service}`,
    generated: timestamp,
    traits: Object.entries(traits)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ({ name, type: name === 'timestamp' ? 'datetime' : 'string', value })),
    raw: raw ? { event_type: `profiler.${service}`, payload: record } : {},
  }
}
