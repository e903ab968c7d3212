import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect as connect2 } from 'node:http2'
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createTraceId, signedPack } from '@osprofiler/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hideFigures, readSentences } from './causes/read-sentences.js'
import { BUSY, compilePrograms, findBlame, insertLines, type Programs } from './causes/start-programs.js'
import { osprofiler } from './cli-process.js'

const DELAY_MS = 300

let programs: Programs
const urls = new Map<string, string>()
const servers: Server[] = []

beforeAll(async () => {
  programs = await compilePrograms()
  const untraced = await listen(
    createServer((_, res) => {
      res.write('first')
      setTimeout(() => res.end('last'), DELAY_MS)
    }),
  )
  const [rates, guarded] = await Promise.all([programs.start('rates'), programs.start('guarded')])
  const orders = await programs.start('orders', { RATES_URL: rates })
  const farRates = await listen(createSlowProxy(rates))
  const shop = await programs.start('shop', {
    RATES_URL: rates,
    FAR_RATES_URL: farRates,
    ORDERS_URL: orders,
    UNTRACED_URL: untraced,
  })
  const farShop = await listen(createSlowProxy(shop))
  // The first request of a process is always slow. So the first requests are sent here, before the tests.
  await Promise.all(['dependent', 'parallel', 'queries', 'hops'].map(path => fetch(`${shop}/healthy/${path}`)))
  for (const [name, url] of Object.entries({ rates, guarded, orders, shop, 'far-shop': farShop })) urls.set(name, url)
})
afterAll(async () => {
  await programs.stop()
  for (const server of servers) server.close()
})

describe('the first finding', BUSY, () => {
  it.each([
    [
      'retries after failures',
      'shop/retries',
      'N % of this request is "GET 127.0.0.1:PORT/flaky" in shop, tried 3 times, from {retries}: 2 tries failed with 503; T lay between the tries (T)',
    ],
    [
      'a new connection each time',
      'shop/connections',
      'N % of this request is connecting: 4 requests in shop opened 4 connections to localhost:PORT, from {load}; is keep-alive off? (T, mostly DNS)',
    ],
    ['a slow name server', 'shop/dns', 'N % of this request is resolving localhost:PORT in shop, from {load} (T)'],
    [
      'a slow network',
      'shop/far',
      'N % of this request lies between "GET 127.0.0.1:PORT/latest" in shop and "GET /latest" in rates, from {ask}: the network, queues or bodies (T: T there, T back)',
    ],
    [
      'requests that might be parallel',
      'shop/serial',
      'Up to N % of this request might be saved if "GET 127.0.0.1:PORT/slow" and "GET 127.0.0.1:PORT/open" in shop, from {ask}, ran in parallel: the records show no dependency (T)',
    ],
    ['a computation', 'shop/computing', 'N % of this request is "render" in shop, from {computing} (T)'],
    ['work that no point records', 'shop/blank', 'N % of this request is "GET /blank" in shop (T)'],
    [
      'work between two points',
      'shop/blank-between',
      'N % of this request is "GET /blank-between" in shop between "load" from {blank-load} and "save" from {blank-save}, with nothing recorded (T)',
    ],
    [
      'a query for each order',
      'shop/orders/7/items',
      'N % of this request is 25 x "SELECT count(*) FROM items a, (SELECT ? UNION SELECT ?) b WHERE a.order_id = ?" in shop, one after another, from {n-plus-one} (T)',
    ],
    [
      'many small queries',
      'shop/small-repeats',
      'N % of this request is 60 x "SELECT title FROM items WHERE id = ?" in shop, one after another, from {small-repeats} (T)',
    ],
    [
      'a slow query',
      'shop/slow-query',
      'N % of this request is "SELECT max(a.id * b.id) FROM items a JOIN items b ON b.id < ? WHERE a.title L..." in shop, from {slow-query} (T)',
    ],
    [
      'too many rows',
      'shop/rows',
      'N % of this request is "SELECT a.id, a.title FROM items a JOIN items b ON b.id < ?" in shop, from {rows}, which returned 240,000 rows (T)',
    ],
    [
      'a slow service two hops away',
      'shop/two-hops',
      'N % of this request is "sendSlowly GET /slow" in rates, at {rates-slow} (T)',
    ],
    [
      'a slow service that is called four times at once',
      'shop/parallel',
      'N % of this request is "sendSlowly GET /slow" in rates, at {rates-slow} (T)',
    ],
    [
      'a service that fails',
      'shop/failing',
      '"sendBroken GET /broken" in rates, at {rates-broken}, failed: Error: no rates today',
    ],
    [
      'an exception of the program',
      'shop/exception',
      '"charge card" in shop, from {exception}, failed: RangeError: card expired',
    ],
    [
      'a service that does not answer in time',
      'shop/timeout',
      'N % of this request is "hang GET /hanging" in rates, at {rates-hanging} (T)',
    ],
    [
      'a slow body of a service that is not traced',
      'shop/body',
      'N % of this request is the response body of "GET 127.0.0.1:PORT/" in shop, from {ask}: first byte after T, then T of body',
    ],
    [
      'work after the answer',
      'shop/late',
      'T of work went on after the answer of "GET /late" in shop: "send mail", from {late}',
    ],
    [
      'a slow Koa middleware',
      'orders/session',
      'N % of this request is "loadSession" in orders, at {orders-session} (T)',
    ],
    [
      'a Koa middleware that is slow after the handler',
      'orders/after',
      'N % of this request is "compressLate (after)" in orders, at {orders-after} (T)',
    ],
    [
      'a slow Fastify hook',
      'rates/guarded',
      'N % of this request is "preHandler checkQuota GET /guarded" in rates, at {rates-guard} (T)',
    ],
    [
      'a slow Express middleware that checks permissions',
      'guarded/admin/users',
      'N % of this request is "requireAdmin" in guarded, at {guard} (T)',
    ],
    [
      'a slow Express handler',
      'guarded/handler',
      'N % of this request is "loadAll GET /handler" in guarded, at {handler} (T)',
    ],
  ])('names the cause: %s', async (_, place, sentence) => {
    const { sentences } = await programs.ask(findUrl(place))

    expect(sentences[0]).toBe(insertLines(sentence))
  })

  it('is followed by the failure of the aborted call, and no finding blames the disconnected client', async () => {
    const { sentences } = await programs.ask(findUrl('shop/timeout'))

    expect(sentences).toContainEqual(
      expect.stringMatching(/^"GET 127\.0\.0\.1:PORT\/hanging" in shop, from .+ failed: /),
    )
    expect(sentences.join()).not.toContain('ClientDisconnected')
  })

  it('names the cause: a response that is written slowly', async () => {
    const { sentences } = await programs.ask(findUrl('orders/export'))

    expect(sentences[0]).toMatch(
      /^N % of this request is the response body of "GET \/export" in orders: first byte after T, then T for T/,
    )
  })

  it('is followed by advice on how to explain time that no point records', async () => {
    const { sentences } = await programs.ask(findUrl('shop/blank'))

    expect(sentences.at(-1)).toBe(
      'No record says what "GET /blank" in shop did in its own time. Ask why: osprofiler run ... --why=cpu (the service must allow it: OSPROFILER_WHY=cpu)',
    )
  })

  it('is accompanied by a remark if the command itself waited longer than the trace lasted', async () => {
    const { remarks } = await programs.ask(findUrl('far-shop/healthy'))

    expect(remarks).toContain(
      "The command waited T for the answer, and the trace has T: T are outside the services' records.",
    )
  })

  it('does not suggest parallel requests if the second request needs the response to the first', async () => {
    const { sentences } = await programs.ask(findUrl('shop/dependent'))

    expect(sentences.join()).not.toContain('parallel')
    expect(sentences[0]).toMatch(/^N % of this request is "router GET \/(?:newest|orders\/:id)" in orders, at /)
  })
})

describe('a healthy request', BUSY, () => {
  it.each([
    ['an answer at once', 'shop/healthy'],
    ['two requests, the second of which needs the response to the first', 'shop/healthy/dependent'],
    ['five parallel requests', 'shop/healthy/parallel'],
    ['two queries', 'shop/healthy/queries'],
    ['a stream', 'shop/healthy/stream'],
    ['a redirect', 'shop/healthy/redirect'],
    ['status 304', 'shop/healthy/unchanged'],
    ['status 204', 'shop/healthy/empty'],
    ['status 404', 'shop/nowhere'],
    ['an answer of 100 kB', 'shop/healthy/json'],
    ['an answer from a cache', 'shop/healthy/cached'],
    ['two hops', 'shop/healthy/hops'],
    ['a quick job after the answer', 'shop/healthy/job'],
    ['three steps', 'shop/healthy/steps'],
    ['two requests, of which only the faster response is used', 'shop/healthy/fastest'],
    ['Koa middleware', 'orders/healthy'],
    ['a stream from Koa', 'orders/healthy/export'],
    ['a Fastify hook', 'rates/healthy'],
    ['Express middleware', 'guarded/healthy'],
  ])('has no finding except the critical path: %s', async (_, place) => {
    expect(findBlame(await programs.ask(findUrl(place)))).toEqual([])
  })

  it('has no finding except the critical path: a POST with a body', async () => {
    const advice = await programs.ask(
      findUrl('shop/healthy/orders'),
      '-H',
      'Content-Type: application/json',
      '-d',
      '{"id":7}',
    )

    expect(findBlame(advice)).toEqual([])
  })

  it('has no finding except the critical path: a request over HTTP/2', async () => {
    const port = await (await fetch(findUrl('orders/http2-port'))).text()
    const baseId = createTraceId()
    const [info, hmac] = signedPack({ base_id: baseId }, String(programs.env.OSPROFILER_HMAC_KEYS))
    const session = connect2(`http://127.0.0.1:${port}`)
    const stream = session.request({ ':path': '/healthy', 'x-trace-info': info, 'x-trace-hmac': hmac })
    await once(stream.resume(), 'end')
    session.close()
    const show = () => osprofiler(['trace', 'show', baseId], { env: programs.env })
    await expect.poll(show).toMatchObject({ code: 0 })

    const { stdout } = await show()

    expect(stdout).toContain('request GET /healthy 200')
    expect(findBlame({ sentences: readSentences(stdout).map(hideFigures), remarks: '' })).toEqual([])
  })
})

/** Returns the URL of `service/path`. */
function findUrl(place: string): string {
  const [service = '', ...path] = place.split('/')
  return [urls.get(service), ...path].join('/')
}

async function listen(server: Server): Promise<string> {
  servers.push(server)
  await once(server.listen(0, '127.0.0.1').unref(), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Forwards connections to a server. Delays the first request of each connection. */
function createSlowProxy(target: string): Server {
  return createTcpServer((caller: Socket) => {
    const callee = connect(Number(new URL(target).port), '127.0.0.1')
    callee.pipe(caller)
    setTimeout(() => caller.pipe(callee), DELAY_MS)
    for (const socket of [caller, callee]) socket.on('error', () => undefined)
    caller.once('close', () => callee.destroy())
  })
}
