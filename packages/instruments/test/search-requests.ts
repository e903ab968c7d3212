import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  openSearchServer,
  type SearchServer,
  type SearchServerName,
} from '../../../packages/drivers/test/search-server.js'
import { databaseCalls } from './database-calls.js'
import { collect, inTrace, until } from './traced-calls.js'

interface Client {
  readonly transport: { request(request: object): Promise<unknown> }
  close(): Promise<void>
}

/** Paths of requests, each with the path that the request's point shows. */
const PATHS = [
  ['/', '/'],
  ['/orders/_search', '/orders/_search'],
  ['/orders%2Cbills/_count', '/orders,bills/_count'],
  ['/_all/_search', '/_all/_search'],
  ['/_search/scroll', '/_search/scroll'],
  ['/_search/scroll/SEALED', '/_search/scroll/?'],
  ['/_search/template', '/_search/template'],
  ['/_search/point_in_time', '/_search/point_in_time'],
  ['/_mget', '/_mget'],
  ['/orders/_mget', '/orders/_mget'],
  ['/_msearch', '/_msearch'],
  ['/orders/_msearch/template', '/orders/_msearch/template'],
  ['/_count', '/_count'],
  ['/orders/_pit', '/orders/_pit'],
  ['/_pit', '/_pit'],
  ['/_async_search', '/_async_search'],
  ['/_async_search/SEALED', '/_async_search/?'],
  ['/_async_search/status/SEALED', '/_async_search/status/?'],
  ['/_tasks', '/_tasks'],
  ['/_tasks/SEALED', '/_tasks/?'],
  ['/_tasks/SEALED/_cancel', '/_tasks/?/_cancel'],
  ['/_snapshot/SEALED/SEALED/_restore', '/_snapshot/?/?/_restore'],
  ['/_snapshot/_status', '/_snapshot/_status'],
  ['/_cluster/health', '/_cluster/health'],
  ['/_cluster/allocation/explain', '/_cluster/allocation/explain'],
  ['/_cat/indices', '/_cat/indices'],
  ['/_nodes/SEALED/stats', '/_nodes/?/stats'],
  ['/_nodes/stats', '/_nodes/stats'],
  ['/_ingest/pipeline/SEALED/_simulate', '/_ingest/pipeline/?/_simulate'],
  ['/_ilm/policy/SEALED', '/_ilm/policy/?'],
  ['/_sql/async/status/SEALED', '/_sql/async/status/?'],
  ['/_eql/search/SEALED', '/_eql/search/?'],
  ['/_security/user/SEALED/_password', '/_security/user/?/_password'],
  ['/_plugins/_security/api/internalusers/SEALED', '/_plugins/_security/api/internalusers/?'],
  ['/orders/_doc/SEALED', '/orders/_doc/?'],
  ['/orders/_doc/_sealed', '/orders/_doc/?'],
  ['/orders/_doc/_update', '/orders/_doc/?'],
  ['/orders/_source/_explain', '/orders/_source/?'],
  ['/orders/_update/_start', '/orders/_update/?'],
  ['/orders/_explain/SEALED', '/orders/_explain/?'],
  ['/orders/SEALED/SEALED', '/orders/?/?'],
  ['/__proto__/constructor', '/__proto__/?'],
] as const

/**
 * Declares the tests for the paths and the failures that the points of a client's requests show. The tests use a real
 * server.
 */
export function describeSearchRequests(name: string, serverName: SearchServerName): void {
  describe(`requests of ${name} at ${serverName}`, () => {
    let server: SearchServer
    let client: Client
    let records: TraceRecord[]
    let undo: (() => void) | undefined
    let request: unknown
    let prototype: { readonly request: unknown }

    beforeAll(async () => {
      server = await openSearchServer(serverName)
      const library = await import(name)
      prototype = library.Transport.prototype
      request = prototype.request
      client = new library.Client({ node: server.origin, maxRetries: 0 })
    })
    beforeEach(() => {
      records = collect()
    })
    afterEach(() => {
      undo?.()
      setNotifier(undefined)
    })
    afterAll(async () => {
      await client.close()
      await server.stop()
    })

    async function instrumentWith(traceSql: 'off' | 'values'): Promise<void> {
      undo = instrument(['elasticsearch'], { traceSql })
      await until(() => prototype.request !== request)
    }

    async function ask(...requests: readonly object[]) {
      await inTrace(async () => {
        for (const each of requests) await client.transport.request(each).catch(() => undefined)
      })
      return databaseCalls(records)
    }

    it('are recorded with the API words in their paths, but without ids, names and handles', async () => {
      await instrumentWith('off')

      const calls = await ask(...PATHS.map(([path]) => ({ method: 'GET', path })))

      expect(calls.map(({ statement }) => statement)).toEqual(PATHS.map(([, shown]) => `GET ${shown}`))
      expect(JSON.stringify(calls)).not.toMatch(/sealed/i)
    })

    it('are recorded without their content unless they are about documents, even if they fail', async () => {
      await instrumentWith('values')

      const calls = await ask(
        { method: 'PUT', path: '/_cluster/settings', body: { persistent: { 'SEALED.key': 'SEALED' } } },
        { method: 'PUT', path: '/_ingest/pipeline/x', body: { processors: [{ SEALED: { field: 'SEALED' } }] } },
        { method: 'PUT', path: '/sealed-index/_settings', body: { 'index.SEALED': 'SEALED' } },
        { method: 'PUT', path: '/sealed-index', body: { mappings: { properties: { a: { type: 'SEALED' } } } } },
        { method: 'POST', path: '/_nothing/SEALED', body: { password: 'SEALED' } },
      )

      expect(calls).toHaveLength(5)
      for (const { etype, message } of calls) {
        expect(etype).toBe('ResponseError')
        expect(message).toMatch(/^(?:[a-z_]+|4\d\d [A-Z][\w ]+)$/)
      }
      expect(JSON.stringify(calls)).not.toContain('SEALED')
    })

    it.each(['off', 'values'] as const)(
      'are recorded as not found if the document is missing, with traceSql %s',
      async how => {
        await instrumentWith(how)
        await client.transport.request({ method: 'POST', path: '/requests/_doc', body: {} })

        const [call] = await ask({ method: 'GET', path: '/requests/_doc/2' })

        expect(call).toMatchObject({ etype: 'ResponseError', message: '404 Not Found' })
      },
    )
  })
}
