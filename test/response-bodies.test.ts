import { createServer, type IncomingMessage, request } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { get, setNotifier, withTrace } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'
import { osprofiler } from '@osprofiler/fastify'
import { osprofilerMiddleware as koaMiddleware } from '@osprofiler/koa'
import express5 from 'express'
import express4 from 'express4'
import { fastify } from 'fastify'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { afterEach, describe, expect, it } from 'vitest'
import { CursorFailed } from './context/failing-rows.js'
import { type Listening, listen } from './context/framework.js'
import { countLiveTraces } from './context/live-traces.js'
import { MADE_BODIES, type MadeBody } from './context/made-bodies.js'
import { CURSOR_FAILED, RESPONSE_HEAD } from './context/recorded-ends.js'
import { recordTraces } from './context/recorded-traces.js'
import { KEY, signTrace } from './context/signed-request.js'
import { outlineTrace } from './context/trace-outline.js'

// The body is larger than a connection's buffers, so it must wait for a client that reads slowly.
const ROW_COUNT = 8
const ROW_BYTES = 1_000_000
const SLOW_ROW_MS = 50

async function* generateRows(failAt = ROW_COUNT, failing = (): void => {}): AsyncGenerator<Buffer> {
  for (let row = 0; row < ROW_COUNT; row++) {
    await pause(1)
    if (row === failAt) {
      failing()
      throw new CursorFailed('cursor failed')
    }
    yield withTrace('row', () => Buffer.alloc(ROW_BYTES, get() === undefined ? '-' : '+'))
  }
}

type MakeBody = () => object

interface Way {
  readonly name: string
  readonly takes: (body: MadeBody) => boolean
  serve(body: MakeBody): Promise<Listening>
}

/** Returns true for all bodies except web streams and minipass. Those streams do not reveal where they are piped to. */
const takesMost = ({ make, isWeb }: MadeBody): boolean => !isWeb && make !== 'minipass'

function createExpressWay(
  name: string,
  create: typeof express5,
  send: (body: Readable, res: express5.Response) => void,
): Way {
  const serve = (body: MakeBody): Promise<Listening> => {
    const app = create()
    app.use(osprofilerMiddleware(KEY))
    app.get('/', (_req, res) => send(body() as Readable, res))
    return listen(createServer(app))
  }
  return { name, takes: takesMost, serve }
}

function createKoaWay(name: string, Koa: typeof Koa3, takes: Way['takes']): Way {
  const serve = (body: MakeBody): Promise<Listening> => {
    const app = new Koa()
    app.on('error', () => {})
    app.use(koaMiddleware(KEY))
    app.use(ctx => {
      ctx.body = body()
    })
    return listen(createServer(app.callback()))
  }
  return { name, takes, serve }
}

const fastify5: Way = {
  name: 'Fastify 5',
  takes: () => true,
  async serve(body) {
    const app = fastify()
    await app.register(osprofiler, { hmacKeys: KEY })
    app.get('/', (_request, reply) => reply.send(body()))
    await app.listen({ port: 0, host: '127.0.0.1' })
    return listen(app.server, () => app.close())
  },
}

const piped = (body: Readable, res: express5.Response): void => void body.on('error', () => res.destroy()).pipe(res)
const pipelined = (body: Readable, res: express5.Response): void => void pipeline(body, res, () => {})
const asExpress5 = express4 as unknown as typeof express5

const WAYS: readonly Way[] = [
  createExpressWay('Express 5, piped', express5, piped),
  createExpressWay('Express 5, in a pipeline', express5, pipelined),
  createExpressWay('Express 4, piped', asExpress5, piped),
  createKoaWay('Koa 3', Koa3, ({ make }) => make !== 'streamx' && make !== 'minipass'),
  createKoaWay('Koa 2', Koa2 as unknown as typeof Koa3, body => takesMost(body) && !/4|streamx/.test(body.make)),
  fastify5,
]

let server: Listening | undefined

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
})

/** Reads a response after a short wait. */
function read(url: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    request(url, { headers, agent: false, ...(signal && { signal }) }, async (res: IncomingMessage) => {
      const chunks: Buffer[] = []
      try {
        await pause(SLOW_ROW_MS)
        for await (const chunk of res) chunks.push(chunk)
        resolve(Buffer.concat(chunks))
      } catch (error) {
        reject(error)
      }
    })
      .on('error', reject)
      .end()
  })
}

describe.each(WAYS)('a response body in $name', ({ takes, serve }) => {
  const bodies = MADE_BODIES.filter(takes)

  it.each(bodies)("of type $make is produced in its request's trace, up to its last row", async ({ from }) => {
    const traces = recordTraces()
    server = await serve(() => from(generateRows()))
    const { baseId, headers } = signTrace()

    const body = await read(server.url, headers)

    const records = await traces.whenServed(baseId)
    expect(outlineTrace(records)).toBe(`wsgi${'\n  row'.repeat(ROW_COUNT)}`)
    expect(records.at(-1)?.info).toMatchObject(RESPONSE_HEAD)
    expect(body.equals(Buffer.alloc(ROW_COUNT * ROW_BYTES, '+'))).toBe(true)
  })

  it.each(bodies)("of type $make that fails halfway is reported in its request's stop record", async ({ from }) => {
    const traces = recordTraces()
    const liveBefore = countLiveTraces()
    const patience = new AbortController()
    // Koa 2 leaves the response open, so the client aborts after 200 ms.
    server = await serve(() => from(generateRows(3, () => setTimeout(() => patience.abort(), 200))))
    const { baseId, headers } = signTrace()

    const reading = read(server.url, headers, patience.signal)

    await expect(reading).rejects.toThrow()
    const records = await traces.whenServed(baseId)
    expect(outlineTrace(records)).toBe(`wsgi${'\n  row'.repeat(3)}`)
    expect(records.at(-1)?.info).toMatchObject({ ...RESPONSE_HEAD, ...CURSOR_FAILED })
    expect(countLiveTraces()).toBe(liveBefore)
  })
})

describe('a stream that was a response body, and outlives its request', () => {
  it('continues in the trace of its new reader', async () => {
    const traces = recordTraces()
    const shared = Readable.from(generateRows(), { highWaterMark: 1 })
    const traced = osprofilerMiddleware(KEY)
    server = await listen(
      createServer((req, res) =>
        traced(req, res, () => {
          shared.pipe(res)
          shared.once('data', () => {
            shared.unpipe(res)
            res.end()
          })
        }),
      ),
    )
    const first = signTrace()
    const second = signTrace()

    await read(server.url, first.headers)
    await traces.whenServed(first.baseId)
    const recorded = traces.of(first.baseId).length
    await read(server.url, second.headers)
    await traces.whenServed(second.baseId)

    expect(traces.of(first.baseId)).toHaveLength(recorded)
  })
})
