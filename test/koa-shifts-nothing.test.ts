import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { osprofilerMiddleware } from '@osprofiler/koa'
import { describe, expect, it } from 'vitest'
import { KOA_PROGRAMS, KOA2_PROGRAMS, KOA3_PROGRAMS, type KoaProgram } from './guest/koa-programs.js'
import { KEY, type MakeServer, observe, UNTRACED_VARIANT, VARIANTS } from './guest/observe-server.js'

const require = createRequire(import.meta.url)

const PROGRAMS = {
  koa: { ...KOA_PROGRAMS, ...KOA3_PROGRAMS },
  koa2: { ...KOA_PROGRAMS, ...KOA2_PROGRAMS },
}

describe.each(['koa', 'koa2'] as const)('a middleware function of %s', version => {
  const Koa: typeof import('koa') = require(version)

  function serving(program: KoaProgram): MakeServer {
    return (ticks, { adapter }) => {
      const app = new Koa()
      app.silent = true
      if (adapter) app.use(osprofilerMiddleware(KEY, { maxTracesPerSecond: 10_000 }) as import('koa').Middleware)
      app.use((ctx, next) => {
        ticks.begin()
        ticks.watch('req', ctx.req)
        ticks.watch('res', ctx.res)
        ticks.watch('socket', ctx.req.socket)
        const ended = ctx.res
        for (const event of ['finish', 'close'] as const) ended.on(event, () => ticks.note(event))
        ended.on('close', () => ticks.end())
        return next()
      })
      program(app, ticks, Koa)
      return createServer(app.callback())
    }
  }

  describe.each(Object.keys(PROGRAMS[version]))('that %s', name => {
    const program: KoaProgram = PROGRAMS[version][name as keyof (typeof PROGRAMS)[typeof version]] ?? (() => undefined)

    it.each(Object.keys(VARIANTS))('behaves the same with %s', async variant => {
      const plain = await observe('koa', serving(program), UNTRACED_VARIANT)

      const { observed, open, points } = await observe('koa', serving(program), VARIANTS[variant] ?? UNTRACED_VARIANT)

      expect(observed).toEqual(plain.observed)
      expect(open).toEqual([])
      expect(points > 0).toBe(variant.startsWith('a signed'))
    })
  })
})
