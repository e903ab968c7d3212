import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { osprofilerErrorHandler, osprofilerMiddleware } from '@osprofiler/express'
import { describe, expect, it } from 'vitest'
import { EXPRESS_PROGRAMS, EXPRESS5_PROGRAMS, type ExpressProgram } from './guest/express-programs.js'
import { KEY, type MakeServer, observe, UNTRACED_VARIANT, VARIANTS } from './guest/observe-server.js'

const require = createRequire(import.meta.url)

const PROGRAMS_BY_VERSION: Readonly<Record<string, Readonly<Record<string, ExpressProgram>>>> = {
  express: { ...EXPRESS_PROGRAMS, ...EXPRESS5_PROGRAMS },
  express4: EXPRESS_PROGRAMS,
}

describe.each(Object.keys(PROGRAMS_BY_VERSION))('%s', version => {
  const express: typeof import('express') = require(version)

  function serving(program: ExpressProgram): MakeServer {
    return (ticks, { adapter }) => {
      const app = express()
      app.set('env', 'test')
      if (adapter) app.use(osprofilerMiddleware(KEY, { maxTracesPerSecond: 10_000 }))
      app.use((req, res, next) => {
        ticks.begin()
        ticks.watch('req', req)
        ticks.watch('res', res)
        ticks.watch('socket', req.socket)
        for (const event of ['finish', 'close'] as const) res.on(event, () => ticks.note(event))
        res.on('close', () => ticks.end())
        next()
      })
      program(app, ticks, express)
      if (adapter) app.use(osprofilerErrorHandler())
      return createServer(app as unknown as RequestListener)
    }
  }

  describe.each(Object.keys(PROGRAMS_BY_VERSION[version] ?? {}))('middleware and handlers that %s', name => {
    const program = PROGRAMS_BY_VERSION[version]?.[name] ?? (() => undefined)

    it.each(Object.keys(VARIANTS))('behave as without OSProfiler if there is %s', async variant => {
      const plain = await observe('express', serving(program), UNTRACED_VARIANT)

      const { observed, open, points } = await observe(
        'express',
        serving(program),
        VARIANTS[variant] ?? UNTRACED_VARIANT,
      )

      expect(observed).toEqual(plain.observed)
      expect(open).toEqual([])
      expect(points > 0).toBe(variant.startsWith('a signed'))
    })
  })
})
