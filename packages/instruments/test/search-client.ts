import { setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  openSearchServer,
  type SearchServer,
  type SearchServerName,
} from '../../../packages/drivers/test/search-server.js'
import { findFreePort } from '../../../test/servers/free-port.js'
import { startProxy, type Proxy as Way } from '../../../test/servers/proxy.js'
import { databaseCalls } from './database-calls.js'
import { LOAD_ORDERS, traceInProgram } from './load-order.js'
import { collect, inTrace, only, until } from './traced-calls.js'

/** Methods that all clients have. OpenSearch's client takes all members except the index and the id in `body`. */
interface Client {
  search(request: object, options?: object): Promise<unknown>
  index(request: object): Promise<unknown>
  get(request: object): Promise<unknown>
  bulk(request: object): Promise<unknown>
  close(): Promise<void>
  readonly transport: { request(request: object, options?: object): Promise<unknown> }
}

const TRACES = 200
// This is not an index of this project's Elasticsearch driver, because the driver's tests remove the driver's indices.
const INDEX = 'instrumented'
const ALL = { query: { match_all: {} } }

let records: TraceRecord[]
const undos: (() => void)[] = []

/** The part of a library that the instrument wraps. */
interface Library {
  readonly Transport: { readonly prototype: { readonly request: unknown } }
}

/**
 * Calls `instrument`, and waits until the client is wrapped, because the instrument finds ES modules only some ticks
 * later.
 */
async function instrumentAll({ Transport }: Library, ...args: Parameters<typeof instrument>): Promise<() => void> {
  const { request } = Transport.prototype
  const undo = instrument(...args)
  undos.push(undo)
  await until(() => Transport.prototype.request !== request)
  return undo
}

beforeEach(() => {
  records = collect()
})
afterEach(() => {
  for (const undo of undos.splice(0)) undo()
  setNotifier(undefined)
})

/** Declares the tests that check how a client's requests become points. The tests use a real server. */
export function describeSearchClient(name: string, server: SearchServerName): void {
  describe(`${name} at ${server}`, () => {
    const product = server.startsWith('opensearch') ? 'opensearch' : 'elasticsearch'
    let library: Library & { readonly Client: new (options: object) => Client }
    let url: string
    let running: SearchServer
    let proxy: Way
    let client: Client
    const clients: Client[] = []

    function create(options: object = {}): Client {
      const created = new library.Client({ node: url, maxRetries: 0, ...options })
      clients.push(created)
      return created
    }

    const instrumented = (...args: Parameters<typeof instrument>) => instrumentAll(library, ...args)

    /** Returns a search request in the format that the client takes. */
    const query = (body: object): object =>
      product === 'opensearch' ? { index: INDEX, body } : { index: INDEX, ...body }
    const document = (body: object): object => ({
      index: INDEX,
      [product === 'opensearch' ? 'body' : 'document']: body,
    })

    beforeAll(async () => {
      library = await import(name)
      running = await openSearchServer(server)
      url = running.origin
      const { hostname, port } = new URL(url)
      proxy = await startProxy({ host: hostname, port: Number(port) })
      client = create()
      await client.index(document({ status: 'SEALED' }))
      await client.transport.request({ method: 'POST', path: `/${INDEX}/_refresh` })
      clients.pop()
    })
    afterAll(async () => {
      await client.close()
      await proxy.stop()
      await running.stop()
    })
    afterEach(async () => {
      for (const each of clients.splice(0)) await each.close()
      await proxy.heal()
    })

    it('records a request as a point with hidden values, and nests the HTTP request in the point', async () => {
      await instrumented()

      const { baseId, result } = await inTrace(() => client.search(query({ query: { match: { status: 'SEALED' } } })))

      expect(JSON.stringify(result)).toContain('SEALED')
      const statement = `POST /${INDEX}/_search {query: {match: {status: ?}}}`
      expect(databaseCalls(records)).toEqual([{ statement }])
      const call = only(records, 'db-start')
      expect(call.parent_id).toBe(baseId)
      expect(call.info.db).toMatchObject({ system: product })
      expect(only(records, 'http-start').parent_id).toBe(call.trace_id)
      expect(records.map(record => record.name)).toEqual(['db-start', 'http-start', 'http-stop', 'db-stop'])
      expect(JSON.stringify(records)).not.toContain('SEALED')
    })

    it('hides ids and documents by default, and shows them with traceSql "values"', async () => {
      const ask = () =>
        inTrace(async () => {
          await client.get({ index: INDEX, id: 'SEALED/1' }).catch(() => undefined)
          await client.index(document({ status: 'SEALED', password: 'secret' }))
        })
      await instrumented(['elasticsearch'])
      await ask()
      const hidden = records.splice(0)
      undos.pop()?.()
      await instrumented(['elasticsearch'], { traceSql: 'values' })
      await ask()

      expect(databaseCalls(hidden).map(({ statement }) => statement)).toEqual([
        `GET /${INDEX}/_doc/?`,
        `POST /${INDEX}/_doc`,
      ])
      expect(JSON.stringify(hidden)).not.toContain('SEALED')
      expect(databaseCalls(records).map(({ params }) => params)).toEqual([
        expect.objectContaining({ path: `/${INDEX}/_doc/SEALED%2F1` }),
        { path: `/${INDEX}/_doc`, body: { status: 'SEALED', password: '***' } },
      ])
    })

    it.each(['off', 'values'] as const)(
      'never records user names, keys or passwords with traceSql %s',
      async traceSql => {
        await instrumented(undefined, { traceSql })
        const failing = (request: object) => client.transport.request(request).catch(() => undefined)
        const access = create({ auth: { username: 'SEALED', password: 'SEALED' } })

        await inTrace(async () => {
          await failing({ method: 'PUT', path: '/_security/user/SEALED/_password', body: { password: 'SEALED' } })
          await failing({ method: 'PUT', path: '/_plugins/_security/api/account', body: { current: 'SEALED' } })
          await failing({ method: 'POST', path: '/_security/api_key/grant', body: { grant: 'SEALED' } })
          await failing({ method: 'PUT', path: '/_scripts/x', body: { script: { source: 'SEALED' } } })
          await access.search(query(ALL)).catch(() => undefined)
        })

        // HTTP points are not checked, because they record the path as the program requested it, including the user's
        // name.
        const own = records.filter(record => record.name.startsWith('db'))
        expect(databaseCalls(own)).toHaveLength(5)
        expect(JSON.stringify(own)).not.toContain('SEALED')
      },
    )

    it("records a request's error without values", async () => {
      await instrumented()

      await inTrace(() => client.search(query({ query: { SEALED: { a: 'SEALED' } } })).catch(() => undefined))

      const [call] = databaseCalls(records)
      expect(call).toMatchObject({ etype: 'ResponseError', message: expect.stringMatching(/^[a-z_]+$/) })
      expect(call?.message).not.toContain('SEALED')
    })

    it('fails the point if the connection is refused', async () => {
      await instrumented()
      const lost = create({ node: `http://127.0.0.1:${await findFreePort()}` })

      await inTrace(() => lost.search(query(ALL)).catch(() => undefined))

      expect(databaseCalls(records)).toEqual([expect.objectContaining({ etype: 'ConnectionError' })])
      expect(only(records, 'http-stop').info.etype).toBeTypeOf('string')
    })

    it('nests each attempt of a retried request in the point of the call', async () => {
      await instrumented()
      const lost = create({ node: `http://127.0.0.1:${await findFreePort()}`, maxRetries: 2, retryBackoff: () => 0 })

      await inTrace(() => lost.search(query(ALL)).catch(() => undefined))

      const call = only(records, 'db-start').trace_id
      const tries = records.filter(record => record.name === 'http-start')
      expect(tries.map(({ parent_id }) => parent_id)).toEqual([call, call, call])
    })

    it('ends the point of a request that takes too long, or is aborted', async () => {
      await instrumented()
      const slow = create({ node: `http://127.0.0.1:${proxy.port}` })
      proxy.delay(2_000)

      await inTrace(() => slow.search(query(ALL), { requestTimeout: 60 }).catch(() => undefined))
      await inTrace(async () => {
        const controller = new AbortController()
        const answer = slow.search(query(ALL), { signal: controller.signal }) as Promise<unknown> & { abort?(): void }
        const settled = answer.then(
          () => undefined,
          () => undefined,
        )
        await until(() => records.filter(record => record.name === 'http-start').length === 2)
        controller.abort()
        answer.abort?.()
        return settled
      })

      expect(databaseCalls(records).map(({ etype }) => etype)).toEqual(['TimeoutError', 'RequestAbortedError'])
    })

    it('keeps concurrent requests in their own traces', async () => {
      await instrumented(undefined, { traceSql: 'values' })
      const narrow = create({
        agent: product === 'opensearch' ? { maxSockets: 1, keepAlive: true } : { connections: 1 },
      })

      const traces = await Promise.all(
        Array.from({ length: TRACES }, (_, index) =>
          inTrace(() =>
            withTrace('work', async () => {
              await narrow.search(query({ query: { match: { status: `s${index}` } } }))
              await new Promise(resolve => setTimeout(resolve, index % 5))
              await narrow.search(query({ query: { match: { status: `t${index}` } } }))
            }),
          ),
        ),
      )

      for (const [index, { baseId }] of traces.entries()) {
        const own = records.filter(record => record.base_id === baseId)
        const work = only(own, 'work-start').trace_id
        const calls = own.filter(record => record.name === 'db-start')
        expect(calls.map(({ parent_id }) => parent_id)).toEqual([work, work])
        expect(databaseCalls(own).map(({ params }) => JSON.stringify(params))).toEqual([
          expect.stringContaining(`"s${index}"`),
          expect.stringContaining(`"t${index}"`),
        ])
        const parents = own.filter(record => record.name === 'http-start').map(({ parent_id }) => parent_id)
        expect(parents).toEqual(calls.map(({ trace_id }) => trace_id))
      }
    })

    it('leaves an unhandled rejection unhandled, so that it is reported once', async () => {
      await instrumented()
      const unhandled: unknown[] = []
      const listeners = process.listeners('unhandledRejection')
      process.removeAllListeners('unhandledRejection')
      process.on('unhandledRejection', error => unhandled.push(error))

      await inTrace(async () => {
        void client.get({ index: 'nothing', id: '1' })
        await until(() => unhandled.length > 0)
      })

      process.removeAllListeners('unhandledRejection')
      for (const listener of listeners) process.on('unhandledRejection', listener)
      expect(unhandled).toHaveLength(1)
    })

    it('records nothing outside a trace', async () => {
      await instrumented()

      await client.search(query(ALL))

      expect(records).toEqual([])
    })

    it('records one point per request after two calls of instrument(), and no point after both are undone', async () => {
      const first = await instrumented(['elasticsearch'])
      const second = instrument(['elasticsearch'])

      await inTrace(() => client.search(query(ALL)))
      first()
      await inTrace(() => client.search(query(ALL)))
      second()
      await inTrace(() => client.search(query(ALL)))

      expect(databaseCalls(records)).toHaveLength(2)
    })

    // Only @elastic/elasticsearch has separate files for `import`.
    const orders = name === '@elastic/elasticsearch' ? LOAD_ORDERS : LOAD_ORDERS.slice(1, 3)

    it.each(orders)('is found by the instrument in every load order: %s %s instrument()', async (...order) => {
      const search = JSON.stringify(query({ query: { match: { status: 'x' } } }))
      // The instrument finds ES modules some ticks after they were loaded.
      const work = `
      const client = new library.Client({ node: '${url}' })
      for (let i = 0; i < 500 && !records.some(({ name }) => name === 'db-stop'); i++) {
        records.length = 0
        await client.search(${search})
        await new Promise(resolve => setTimeout(resolve, 10))
      }`

      const told = await traceInProgram(order, name, work)

      const statement = `POST /${INDEX}/_search {query: {match: {status: ?}}}`
      expect(told).toEqual([`db-start ${statement}`, 'http-start', 'http-stop', 'db-stop'])
    })

    if (product !== 'opensearch') return

    it("runs the callback of a request in the caller's trace", async () => {
      const library = await import('@opensearch-project/opensearch')
      const client = new library.Client({ node: url })
      await instrumentAll(library, ['elasticsearch'])

      const { baseId } = await inTrace(() =>
        withTrace('work', async () => {
          const ask = (path: string) =>
            new Promise<unknown>(resolve => {
              client.transport.request({ method: 'GET', path }, {}, error => withTrace('told', () => resolve(error)))
            })
          return [await ask('/'), await ask('/nothing')]
        }),
      )
      await client.close()

      const work = only(records, 'work-start').trace_id
      const told = records.filter(record => record.name === 'told-start')
      expect(told.map(({ parent_id, base_id }) => [parent_id, base_id])).toEqual([
        [work, baseId],
        [work, baseId],
      ])
      expect(databaseCalls(records).map(({ etype }) => etype)).toEqual([undefined, 'ResponseError'])
    })
  })
}
