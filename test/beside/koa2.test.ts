import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { getTraceIdHeaders, run, setNotifier } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/koa'
import Koa from 'koa2'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FUNCTION_WAYS, UNTRACED, type WayToTrace } from './ways-to-trace.js'

// Koa 2 would print a warning to stderr, because generator functions are deprecated.
vi.hoisted(() => {
  process.env.NO_DEPRECATION = 'koa'
})

const KEY = 'KEY'
const REQUESTS = [
  ['/', {}],
  ['/', { 'x-user': 'bob' }],
  ['/late', { 'x-user': 'bob' }],
  ['/failing', { 'x-user': 'bob' }],
] as const

type Next = Generator
type OldMiddleware = (this: Koa.Context, next: Next) => Generator

/** Creates a Koa 2 application with async middleware, and with generator functions as in Koa 1. */
function createApplication({ wrap }: WayToTrace): Koa {
  const app = new Koa()
  app.silent = true
  const use = (middleware: OldMiddleware) => app.use(middleware as never)
  use(
    wrap(function* guard(this: Koa.Context, next: Next): Generator {
      if (this.get('x-user') === '') this.throw(401, 'no user')
      yield next
      this.set('x-guarded', this.get('x-user'))
    }),
  )
  app.use(
    wrap(async function times(ctx: Koa.Context, next: Koa.Next): Promise<void> {
      await next()
      ctx.set('x-async', 'yes')
    }),
  )
  use(
    wrap(function* late(this: Koa.Context, next: Next): Generator {
      if (this.path !== '/late') return yield* next
      const text = yield new Promise(resolve => setImmediate(resolve, 'late'))
      this.body = { text, both: yield [Promise.resolve(1), Promise.resolve(2)] }
    }),
  )
  app.use(
    wrap((ctx: Koa.Context): void => {
      if (ctx.path === '/failing') ctx.throw(418)
      ctx.body = 'data'
    }),
  )
  return app
}

/** Returns the application's responses to all requests. Our middleware is in front of the application. */
async function collectAnswers(way: WayToTrace, sign: () => Record<string, string>): Promise<unknown> {
  const app = new Koa()
  app.silent = true
  app.use(osprofilerMiddleware(KEY) as never)
  for (const middleware of createApplication(way).middleware) app.use(middleware)
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const seen: unknown[] = []
  for (const [path, headers] of REQUESTS) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { ...headers, ...sign() } })
    const { date: _, ...kept } = Object.fromEntries(response.headers)
    seen.push([response.status, await response.text(), kept])
  }
  server.close()
  server.closeAllConnections()
  return seen
}

afterEach(() => setNotifier(undefined))

describe('Koa 2 with generator functions as middleware', () => {
  it('sends the expected responses when untraced', async () => {
    const statuses = ((await collectAnswers(UNTRACED, () => ({}))) as [number][]).map(([status]) => status)

    expect(statuses).toEqual([401, 200, 200, 418])
  })

  it.each(FUNCTION_WAYS)('sends the same responses when traced with $name as when untraced', async way => {
    const names: unknown[] = []
    setNotifier(({ info }) => names.push((info.function as { name?: string } | undefined)?.name))
    const untraced = await collectAnswers(UNTRACED, () => ({}))

    const unsigned = await collectAnswers(way, () => ({}))
    const before = names.length
    const signed = await collectAnswers(way, () => ({ ...run({ hmacKey: KEY }, getTraceIdHeaders) }))

    expect(unsigned).toEqual(untraced)
    expect(before).toBe(0)
    expect(signed).toEqual(untraced)
    expect(names).toEqual(expect.arrayContaining(['guard', 'times', 'late']))
  })
})
