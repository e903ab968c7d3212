import { setImmediate as turn } from 'node:timers/promises'
import type { Express, Router } from 'express'
import type { Ticks } from './ticks.js'

/** A test program, which adds middleware and routes to an application. */
export type ExpressProgram = (app: Express, ticks: Ticks, express: { Router(): Router }) => void

/** Programs whose middleware and handlers must behave the same with and without points for them. */
export const EXPRESS_PROGRAMS: Readonly<Record<string, ExpressProgram>> = {
  'call next and answer'(app, ticks) {
    app.use((_req, _res, next) => {
      ticks.note(`next ${next.length}`)
      next()
      ticks.note('after next')
    })
    app.use((_req, _res, next) => void queueMicrotask(next))
    app.get('/', (_req, res) => void res.send('answered'))
  },
  'are async'(app, ticks) {
    app.use(async (_req, _res, next) => {
      await null
      ticks.note('in')
      next()
      await null
      ticks.note('out')
    })
    app.get('/', async (_req, res) => {
      await turn()
      ticks.begin()
      res.send('answered')
    })
  },
  'pass errors to next'(app, ticks) {
    app.get('/', (_req, _res, next) => next(new RangeError('passed on')))
    recover(app, ticks)
  },
  throw(app, ticks) {
    app.get('/', () => {
      throw new RangeError('thrown')
    })
    recover(app, ticks)
  },
  'throw a value that is not an error'(app, ticks) {
    app.get('/', () => {
      throw 'a text'
    })
    recover(app, ticks)
  },
  'pass an error to an error handler, which passes it on'(app, ticks) {
    app.get('/', (_req, _res, next) => next(new RangeError('passed on')))
    app.use(((error, _req, _res, next) => {
      ticks.note('first')
      next(error)
    }) as import('express').ErrorRequestHandler)
    recover(app, ticks)
  },
  'skip the rest of a route'(app, ticks) {
    app.get(
      '/',
      (_req, _res, next) => next('route'),
      () => ticks.note('never'),
    )
    app.get('/', (_req, res) => void res.send('the next route'))
  },
  'skip the rest of a router'(app, ticks, express) {
    const router = express.Router()
    router.use((_req, _res, next) => next('router'))
    router.use(() => ticks.note('never'))
    app.use(router)
    app.get('/', (_req, res) => void res.send('after the router'))
  },
  'call next twice'(app, ticks) {
    app.use((_req, _res, next) => {
      next()
      next()
    })
    app.use((_req, res, next) => {
      ticks.note(`headers sent: ${res.headersSent}`)
      if (!res.headersSent) res.send('answered')
      else next()
    })
    app.use((_req, _res) => ticks.note('handed on'))
  },
  'never call next'(app) {
    app.use((_req, res) => {
      res.end('answered')
      return new Promise(() => undefined) as never
    })
  },
  'are in a router with parameters'(app, ticks, express) {
    const router = express.Router()
    router.param('id', (_req, _res, next) => {
      ticks.note('param')
      next()
    })
    router.get('/', (req, res) => void res.send(`${req.baseUrl} ${req.route.path}`))
    app.use('/', router)
  },
}

/** Programs that need Express 5, because Express 4 does not await the promises of handlers. */
export const EXPRESS5_PROGRAMS: Readonly<Record<string, ExpressProgram>> = {
  reject(app, ticks) {
    app.get('/', async () => {
      await null
      throw new RangeError('rejected')
    })
    recover(app, ticks)
  },
  'reject with undefined'(app, ticks) {
    app.get('/', () => Promise.reject(undefined))
    recover(app, ticks)
  },
  'share a promise that is rejected'(app, ticks) {
    const shared = Promise.reject(new RangeError('shared'))
    shared.catch(() => ticks.note('caught'))
    app.get('/', () => shared)
    recover(app, ticks)
  },
}

function recover(app: Express, ticks: Ticks): void {
  app.use(((error, _req, res, _next) => {
    ticks.note(`recovered from ${error}`)
    res.status(503).send('recovered')
  }) as import('express').ErrorRequestHandler)
}
