import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type OriginServer, openOrigin } from './origin-server.js'
import { carried, collect, inTrace, KEY, only } from './traced-calls.js'

type Undici = typeof import('undici-7')

// undici 8 does not run on Node 20.
const newest = Number.parseInt(process.versions.node, 10) >= 22 ? [8] : []

let server: OriginServer
let records: TraceRecord[]
let undo: () => void

beforeEach(async () => {
  server = await openOrigin()
  records = collect()
  undo = instrument()
})
afterEach(async () => {
  undo()
  setNotifier(undefined)
  await server[Symbol.asyncDispose]()
})

describe.each([5, 6, 7, ...newest])('undici %i', version => {
  let undici: Undici

  beforeEach(async () => {
    undici = await import(`undici-${version}`)
  })

  it('records request() as a point and sends the trace headers', async () => {
    const { baseId } = await inTrace(async () => {
      const { body } = await undici.request(`${server.origin}/ok?a=1`, { headers: { a: 'b', c: ['d', 'e'] } })
      return body.text()
    })

    const { info, trace_id } = only(records, 'http-start')
    expect(info.requests).toMatchObject({ method: 'GET', path: '/ok', query: 'a=1', port: server.port })
    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 200 })
    expect(server.arrived.map(carried)).toEqual([{ baseId, parentId: trace_id, hmacKey: KEY }])
    expect(server.arrived[0]?.headers).toMatchObject({ a: 'b', c: 'd, e' })
  })

  it('records fetch() as a point and sends the trace headers', async () => {
    await inTrace(async () => (await undici.fetch(`${server.origin}/ok`)).text())

    expect(server.arrived.map(carried)).toEqual([
      expect.objectContaining({ parentId: only(records, 'http-start').trace_id }),
    ])
    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 200 })
  })

  it('records stream() and pipeline() of a Client as points', async () => {
    const { PassThrough } = await import('node:stream')
    const { text } = await import('node:stream/consumers')
    const client = new undici.Client(server.origin)

    const { baseId } = await inTrace(async () => {
      await client.stream({ path: '/ok', method: 'GET' }, () => new PassThrough().resume())
      return text(client.pipeline({ path: '/ok', method: 'GET' }, ({ body }) => body).end())
    })
    await client.close()

    expect(records.map(({ name }) => name)).toEqual(['http-start', 'http-stop', 'http-start', 'http-stop'])
    expect(server.arrived.map(carried).map(trace => trace?.baseId)).toEqual([baseId, baseId])
  })

  it('keeps trace headers that the program passed, in any format', async () => {
    const shapes = [{ 'X-TRACE-INFO': 'mine' }, ['x-trace-Info', 'mine']]
    for (const headers of shapes) {
      await inTrace(async () => (await undici.request(`${server.origin}/ok`, { headers })).body.text())
    }

    for (const { headers } of server.arrived) {
      expect(headers['x-trace-info']).toBe('mine')
      expect(headers).not.toHaveProperty('x-trace-hmac')
    }
    expect(server.arrived).toHaveLength(2)
  })

  it('does not change a request that the program has signed', async () => {
    const headers = { Authorization: 'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b' }

    await inTrace(async () => (await undici.request(`${server.origin}/ok`, { headers })).body.text())

    expect(server.arrived[0]?.rawHeaders.some(name => /^x-trace/i.test(name))).toBe(false)
  })

  it('keeps requests in their own traces if they wait for a connection of a limited pool', async () => {
    const dispatcher = new undici.Agent({ connections: 2 })
    const ask = async (index: number) => {
      const { body } = await undici.request(`${server.origin}/slow?ms=${index % 3}&trace=${index}`, { dispatcher })
      return body.text()
    }

    const traces = await Promise.all(Array.from({ length: 50 }, (_, index) => inTrace(() => ask(index))))
    await dispatcher.close()

    expect(records).toHaveLength(100)
    for (const arrived of server.arrived) {
      const index = Number(new URL(arrived.url, server.origin).searchParams.get('trace'))
      expect(carried(arrived)?.baseId).toBe(traces[index]?.baseId)
    }
  })

  it("never puts a fetch() that waits for a limited pool into another request's trace", async () => {
    const dispatcher = new undici.Agent({ connections: 2 })
    const ask = async (index: number) => {
      const response = await undici.fetch(`${server.origin}/slow?ms=${index % 3}&trace=${index}`, { dispatcher })
      return response.text()
    }

    const traces = await Promise.all(Array.from({ length: 50 }, (_, index) => inTrace(() => ask(index))))
    await dispatcher.close()

    const seen = server.arrived.map(arrived => {
      const index = Number(new URL(arrived.url, server.origin).searchParams.get('trace'))
      return { carries: carried(arrived)?.baseId, of: traces[index]?.baseId }
    })
    const traced = seen.filter(({ carries }) => carries !== undefined)
    expect(seen).toHaveLength(50)
    expect(traced.filter(({ carries, of }) => carries !== of)).toEqual([])
    expect(traced.length).toBe(version >= 8 ? 50 : 2)
    expect(records).toHaveLength(2 * traced.length)
  })

  it('sends no trace headers to a forbidden proxy or through its tunnel', async () => {
    await using proxy = await openProxy()
    undo()
    undo = instrument(undefined, { propagateTo: ['catalog.example'] })
    const agent = new undici.ProxyAgent(proxy.origin)

    await inTrace(async () => {
      const { body } = await undici.request(`${server.origin}/ok`, { dispatcher: agent })
      return body.text()
    })
    await agent.close()

    expect(server.arrived.map(carried)).toEqual([undefined])
    expect(proxy.carried()).toBe(false)
    expect(records.every(({ name }) => name.startsWith('http-'))).toBe(true)
  })

  it('sends the trace headers through an allowed proxy', async () => {
    await using proxy = await openProxy()
    const agent = new undici.ProxyAgent(proxy.origin)

    const { baseId } = await inTrace(async () => {
      const { body } = await undici.request(`${server.origin}/ok`, { dispatcher: agent })
      return body.text()
    })
    await agent.close()

    expect(only(records, 'http-start').info.requests).toMatchObject({ path: '/ok', port: server.port })
    expect(server.arrived.map(carried)).toEqual([expect.objectContaining({ baseId })])
  })
})

describe('a fetch() of Node itself', () => {
  it.each([6, 7])("is never put into another request's trace when it waits for a pool of undici %i", async version => {
    const undici: Undici = await import(`undici-${version}`)
    const own = undici.getGlobalDispatcher()
    const dispatcher = new undici.Agent({ connections: 2 })
    undici.setGlobalDispatcher(dispatcher)
    const ask = async (index: number) => (await fetch(`${server.origin}/slow?ms=${index % 3}&trace=${index}`)).text()

    const traces = await Promise.all(Array.from({ length: 50 }, (_, index) => inTrace(() => ask(index))))
    undici.setGlobalDispatcher(own)
    await dispatcher.close()

    const seen = server.arrived.map(arrived => {
      const index = Number(new URL(arrived.url, server.origin).searchParams.get('trace'))
      return { carries: carried(arrived)?.baseId, of: traces[index]?.baseId }
    })
    expect(seen).toHaveLength(50)
    expect(seen.filter(({ carries, of }) => carries !== undefined && carries !== of)).toEqual([])
    expect(seen.filter(({ carries }) => carries !== undefined).length).toBeGreaterThanOrEqual(2)
  })
})

describe.each([6, 7, ...newest])('an interceptor of undici %i', version => {
  it.each(['redirect', 'retry'] as const)(
    'keeps a repeated request in its own trace, or leaves it untraced: %s',
    async name => {
      const undici: Undici = await import(`undici-${version}`)
      const dispatcher = new undici.Agent({ connections: 2 }).compose(
        name === 'redirect'
          ? undici.interceptors.redirect({ maxRedirections: 2 })
          : undici.interceptors.retry({
              maxRetries: 1,
              minTimeout: 1,
              maxTimeout: 1,
              statusCodes: [500],
              throwOnError: false,
            }),
      )
      const ask = async (index: number) => {
        const path = name === 'redirect' ? `/redirect?to=/ok?trace=${index}` : `/status?code=500&trace=${index}`
        const { body } = await undici.request(server.origin + path, { dispatcher })
        return body.text().catch(() => '')
      }

      const traces = await Promise.all(Array.from({ length: 30 }, (_, i) => inTrace(() => ask(i).catch(() => ''))))
      await dispatcher.close()

      const seen = server.arrived.map(arrived => {
        const index = Number(/trace=(\d+)/.exec(arrived.url)?.[1])
        return { carries: carried(arrived)?.baseId, of: traces[index]?.baseId }
      })
      expect(seen).toHaveLength(60)
      expect(seen.filter(({ carries, of }) => carries !== undefined && carries !== of)).toEqual([])
    },
  )
})

interface Proxy extends AsyncDisposable {
  readonly origin: string
  carried(): boolean
}

/**
 * Opens a proxy for tunnels and plain requests. Its method `carried` returns whether a request to the proxy had trace
 * headers.
 */
async function openProxy(): Promise<Proxy> {
  let carriedTrace = false
  const proxy: Server = createServer((req, res) => {
    carriedTrace ||= req.headers['x-trace-info'] !== undefined
    void fetch(req.url ?? '', { headers: Object.entries(req.headers).filter(([name]) => /^x-/.test(name)) as [] })
      .then(response => response.text())
      .then(text => res.end(text))
  })
  proxy.on('connect', (req, socket, head) => {
    carriedTrace ||= req.headers['x-trace-info'] !== undefined
    const [host, port] = (req.url ?? '').split(':')
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    for (const end of [socket, upstream]) end.on('error', () => undefined)
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    carried: () => carriedTrace,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections()
      await new Promise(resolve => proxy.close(resolve))
    },
  }
}
