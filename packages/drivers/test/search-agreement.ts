import { expect } from 'vitest'
import { makeRecord } from './make-record.js'
import type { SearchServer } from './search-server.js'
import { startSearch } from './stand-ins/search.js'

type Ask = (method: string, path: string, body?: object | string) => Promise<Answer>

interface Answer {
  readonly status: number
  readonly body: unknown
}

const INDEX = 'osprofiler-agreement'

/** Requests that the driver makes, and requests that the server refuses. */
const CONVERSATION: Ask extends (...args: infer Args) => unknown ? readonly Args[] : never = [
  ['GET', '/'],
  ['GET', `/${INDEX}`],
  ['PUT', `/${INDEX}`, { mappings: { dynamic: false, properties: mappingOf() } }],
  ['PUT', `/${INDEX}`, { mappings: {} }],
  ['GET', `/${INDEX}/_mapping`],
  ['POST', '/_bulk', bulk('a', makeRecord({ base_id: 'x', timestamp: '2026-11-22T10:00:00.000001' }))],
  ['POST', '/_bulk', bulk('a', makeRecord())],
  ['POST', '/_bulk', bulk('b', { ...makeRecord(), base_id: { no: 'text' } })],
  ['POST', '/_bulk', `{"index":{"_index":"${INDEX}","_id":"d","if_seq_no":0,"if_primary_term":1}}\n{}\n`],
  ['POST', `/${INDEX},nothing/_refresh?ignore_unavailable=true`],
  ['POST', `/${INDEX}/_search`, { size: 2, query: { terms: { base_id: ['x'] } } }],
  ['POST', `/${INDEX}/_search`, { size: 0, aggs: { all: { composite: composite() } } }],
  ['POST', `/${INDEX}/_search`, { size: 0, aggs: { all: { terms: { field: 'base_id' } } } }],
  ['POST', `/${INDEX}/_search`, { size: 20_000 }],
  ['POST', `/${INDEX}/_search?scroll=1m`, { size: 1 }],
  ['POST', `/nothing/_search`, { size: 1 }],
  ['POST', `/nothing/_search?ignore_unavailable=true&allow_partial_search_results=false`, { size: 1 }],
  ['POST', `/${INDEX}/_search`, { query: { nothing: {} } }],
  ['POST', '/_bulk', 'nothing\n'],
  ['POST', `/${INDEX}/_delete_by_query?conflicts=proceed&refresh=true`, { query: { terms: { base_id: ['x'] } } }],
  ['DELETE', `/${INDEX}`],
]

/** Sends the same requests to the stand-in and to the real server, and expects the answers to agree. */
export async function expectAgreement(server: SearchServer): Promise<void> {
  const standIn = await startSearch({ product: server.product })
  try {
    const askReal = asker(server.origin)
    const askStandIn = asker(`http://127.0.0.1:${standIn.port}`)
    for (const request of CONVERSATION) {
      const [method, path] = request
      const real = await askReal(...request)
      const { status, body } = await askStandIn(...request)

      const shown = { method, path, status: real.status, body: shapeOf(real.body) }
      expect.soft(shown).toMatchObject({ method, path, status, body: shapeOf(body) })
    }
  } finally {
    await standIn.kill()
  }
}

function asker(origin: string): Ask {
  return async (method, path, body) => {
    const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json'
    const answer = await fetch(`${origin}${path}`, {
      method,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: body === undefined ? {} : { 'content-type': type },
    })
    return { status: answer.status, body: await answer.json() }
  }
}

/** Returns the types of all members, and the values by which the driver recognizes the outcome of a request. */
function shapeOf(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])]
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner, key)]))
  }
  // Server versions use different names for the error about an invalid request.
  if (/(?:parse|parsing|argument)_exception$/.test(String(value))) return 'an invalid request'
  return ['status', 'type', 'result', 'deleted', 'doc_count', 'errors'].includes(name) ? value : typeof value
}

function bulk(id: string, document: object): string {
  return `{"create":{"_index":"${INDEX}","_id":"${id}"}}\n${JSON.stringify(document)}\n`
}

function composite(): object {
  return { size: 10, sources: [{ base_id: { terms: { field: 'base_id' } } }] }
}

function mappingOf(): object {
  return { base_id: { type: 'keyword' }, timestamp: { type: 'date' }, info: { type: 'object', enabled: false } }
}
