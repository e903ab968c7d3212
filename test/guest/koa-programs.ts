import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { setImmediate as turn } from 'node:timers/promises'
import Router from '@koa/router'
import type Koa from 'koa'
import mount from 'koa-mount'
import { Bluebird } from './bluebird.js'
import type { Ticks } from './ticks.js'

type Next = () => Promise<unknown>

const require = createRequire(import.meta.url)
// koa-compose is a dependency of Koa, but not of this repository.
const compose: (middlewares: Koa.Middleware[]) => Koa.Middleware = createRequire(require.resolve('koa'))('koa-compose')

/**
 * A test program, which adds middleware to an application. `Application` creates another application with the same
 * version of Koa.
 */
export type KoaProgram = (app: Koa, ticks: Ticks, Application: typeof Koa) => void

/** Programs whose middleware must behave the same with and without points for it. */
export const KOA_PROGRAMS: Readonly<Record<string, KoaProgram>> = {
  'awaits next()'(app, ticks) {
    for (const name of ['one', 'two', 'three']) {
      app.use(async (_ctx, next) => {
        ticks.note(`${name} in`)
        await next()
        ticks.note(`${name} out`)
      })
    }
    app.use(answer(ticks))
  },
  'returns the promise of next()'(app, ticks) {
    const promises = new Set<unknown>()
    app.use((_ctx, next) => {
      const below = next()
      below.then(() => ticks.note(`${promises.add(below).size} promise`))
      return below
    })
    app.use((_ctx, next) => {
      const below = next()
      promises.add(below)
      return below
    })
    app.use(answer(ticks))
  },
  'does not await next()'(app, ticks) {
    app.use((ctx, next) => {
      next().catch(() => ticks.note('caught'))
      ctx.body = 'answered'
    })
    app.use(async function slow() {
      await turn()
      await turn()
      ticks.begin()
      ticks.note('slow out')
    })
  },
  'does not handle a rejection of next()'(app, ticks) {
    app.use(async (ctx, next) => {
      void next()
      ctx.body = 'answered'
    })
    app.use(async () => {
      await null
      ticks.note('below out')
    })
  },
  'calls next(), whose promise never settles'(app) {
    app.use((ctx, next) => {
      void next()
      ctx.body = 'answered'
    })
    app.use(() => new Promise(() => undefined))
  },
  'returns a promise that never settles, and writes the response itself'(app) {
    app.use((ctx, next) => {
      ctx.respond = false
      ctx.res.end('by itself')
      return next()
    })
    app.use(() => new Promise(() => undefined))
  },
  'continues after the response was sent'(app, ticks) {
    app.use(async (ctx, next) => {
      await next()
      ticks.note(`out after ${ctx.res.writableEnded}`)
    })
    app.use(async ctx => {
      ctx.respond = false
      ctx.res.end('early')
      await turn()
      await turn()
      ticks.begin()
    })
  },
  'calls next() twice'(app, ticks) {
    app.use(async (_ctx, next) => {
      await next()
      await next().catch(error => ticks.note(error.message))
    })
    app.use(answer(ticks))
  },
  'calls next() twice without waiting'(app, ticks) {
    app.use(async (_ctx, next) => {
      const both = await Promise.allSettled([next(), next()])
      ticks.note(both.map(({ status }) => status).join(' '))
    })
    app.use(answer(ticks))
  },
  'throws synchronously'(app, ticks) {
    app.use(async (ctx, next) => {
      try {
        await next()
      } catch (error) {
        ticks.note(String(error))
        ctx.status = 503
      }
    })
    app.use(() => {
      throw new RangeError('at once')
    })
  },
  'rejects with an error that no other middleware catches'(app, ticks) {
    app.on('error', error => ticks.note(`error ${error.message}`))
    app.use(async (_ctx, next) => {
      await next()
    })
    app.use(async () => {
      await null
      throw new RangeError('later')
    })
  },
  'throws a value that is not an error'(app, ticks) {
    app.on('error', error => ticks.note(`error ${error.message}`))
    app.use((_ctx, next) => next())
    app.use(() => Promise.reject('a text'))
  },
  'returns a thenable'(app, ticks) {
    app.use(async (_ctx, next) => {
      await next()
      ticks.note('out')
    })
    app.use(ctx => {
      const thenable = {}
      Object.defineProperty(thenable, 'then', {
        value(resolve: () => void) {
          ticks.note('then was called')
          ctx.body = 'by a thenable'
          resolve()
        },
      })
      return thenable
    })
  },
  'returns a Bluebird promise'(app, ticks) {
    app.use(((_ctx: unknown, next: Next) => Bluebird.resolve(next())) as unknown as Koa.Middleware)
    app.use((ctx =>
      Bluebird.try(() => {
        ticks.note('in Bluebird')
        ctx.body = 'by Bluebird'
      })) as Koa.Middleware)
  },
  'was composed by koa-compose'(app, ticks) {
    const inner: Koa.Middleware[] = [1, 2].map(name => async (_ctx, next) => {
      ticks.note(`${name} in`)
      await next()
      ticks.note(`${name} out`)
    })
    app.use(compose(inner))
    app.use(answer(ticks))
  },
  'is a mounted application'(app, ticks, Application) {
    const mounted = new Application()
    mounted.use(async (_ctx, next) => {
      await next()
      ticks.note('mounted out')
    })
    mounted.use(answer(ticks))
    app.use(mount('/', mounted))
  },
  'is a router'(app, ticks) {
    const router = new Router()
    router.use(async (_ctx, next) => {
      await next()
      ticks.note('router out')
    })
    router.get('/', answer(ticks) as never)
    app.use(router.routes() as never)
    app.use(router.allowedMethods() as never)
  },
  'is looked up in app.middleware'(app, ticks) {
    async function known(ctx: Koa.Context, next: Next): Promise<void> {
      ctx.body = 'known'
      ticks.note(`next ${next.name} ${next.length}`)
      await next()
    }
    app.use(Object.assign(known, { own: 7 }))
    const used = app.middleware.at(-1) as typeof known & { own: number }
    const { name, length, own } = used
    ticks.note([name, length, own, used.constructor.name, Object.prototype.toString.call(used), `${used}`].join(' '))
    ticks.note(String((app.use(known) as unknown) === app))
    ticks.note(String(app.middleware.at(-1) === app.middleware.at(-2)))
  },
  'answers with a generator'(app, ticks) {
    app.use(async (ctx, next) => {
      await next()
      ticks.note(`${Object.keys(ctx.body as object).includes('_read')}`)
    })
    app.use(ctx => {
      ctx.body = Readable.from(
        (async function* () {
          yield 'one '
          yield 'two'
        })(),
      )
    })
  },
}

/** Programs that need Koa 2, because Koa 3 does not run generator functions. */
export const KOA2_PROGRAMS: Readonly<Record<string, KoaProgram>> = {
  'is a generator'(app, ticks) {
    function* old(this: Koa.Context, next: unknown) {
      ticks.note(`in ${typeof this.req} ${typeof next}`)
      yield next
      ticks.note('generator out')
    }
    app.use(old as never)
    app.use(answer(ticks))
  },
}

/** Programs whose response bodies only Koa 3 accepts. */
export const KOA3_PROGRAMS: Readonly<Record<string, KoaProgram>> = {
  'answers with a web stream'(app) {
    app.use(ctx => {
      ctx.body = ReadableStream.from(['one ', 'two'])
    })
  },
  'answers with a Response'(app) {
    app.use(ctx => {
      ctx.body = new Response('a response', { status: 201, headers: { 'X-Own': 'yes' } })
    })
  },
  'answers with a stream that fails'(app, ticks) {
    app.on('error', error => ticks.note(`error ${error.message}`))
    app.use(async ctx => {
      ctx.body = new Readable({
        read() {
          this.push('one')
          this.destroy(new Error('broken off'))
        },
      })
    })
  },
  'answers with a Blob'(app) {
    app.use(ctx => {
      ctx.body = new Blob(['a blob'])
    })
  },
}

function answer(ticks: Ticks): Koa.Middleware {
  return async function answering(ctx) {
    ticks.note('answer in')
    await null
    ctx.body = 'answered'
    ticks.note('answer out')
  }
}
