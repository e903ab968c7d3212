import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Bluebird } from './bluebird.js'
import type { Ticks } from './ticks.js'

/** A test program, which adds hooks and the route `/` to a server. */
export type FastifyProgram = (app: FastifyInstance, ticks: Ticks) => unknown

const HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend'] as const

/** Programs whose hooks and handlers must behave the same with and without points for them. */
export const FASTIFY_PROGRAMS: Readonly<Record<string, FastifyProgram>> = {
  'are async'(app, ticks) {
    for (const hook of HOOKS) {
      app.addHook(hook as 'onSend', async (...given: unknown[]) => {
        ticks.note(`${hook} in`)
        await null
        ticks.note(`${hook} out`)
        return typeof given[2] === 'function' ? undefined : given[2]
      })
    }
    app.get('/', async () => {
      ticks.note('handler in')
      await null
      return { answer: 7 }
    })
  },
  'accept callbacks'(app, ticks) {
    for (const hook of HOOKS) {
      app.addHook(hook as 'onSend', (_request, _reply, payload, done) => {
        const last = typeof payload === 'function' ? (payload as unknown as typeof done) : done
        ticks.note(`${hook} ${last.name} ${last.length}`)
        queueMicrotask(() => (last === done ? done(null, payload) : last()))
      })
    }
    app.get('/', (_request, reply) => void reply.send({ answer: 7 }))
  },
  'belong to a route'(app, ticks) {
    app.route({
      method: 'GET',
      url: '/',
      preHandler: [
        async () => ticks.note('one'),
        (_request, _reply, done) => {
          ticks.note('two')
          done()
        },
      ],
      onSend: async (_request, _reply, payload) => {
        ticks.note('onSend')
        return payload
      },
      handler: async () => 'answered',
    })
  },
  'send later, and return nothing'(app, ticks) {
    countSends(app, ticks)
    app.get('/', async (_request, reply) => {
      await turn()
      ticks.begin()
      reply.send('later')
    })
  },
  'return the reply, and send later'(app, ticks) {
    countSends(app, ticks)
    app.get('/', async (_request, reply) => {
      void turn().then(() => reply.send('later'))
      return reply
    })
  },
  'send and return a value'(app, ticks) {
    countSends(app, ticks)
    app.get('/', async (_request, reply) => {
      reply.send('sent')
      return 'returned'
    })
  },
  'return nothing, and send nothing'(app, ticks) {
    countSends(app, ticks)
    app.get('/', async () => undefined)
  },
  'reject, with an async error handler that returns nothing'(app, ticks) {
    countSends(app, ticks)
    app.setErrorHandler(async (error: Error, _request, reply) => {
      ticks.note('error handler')
      reply.status(503).send(error.message)
    })
    app.get('/', async () => {
      throw new RangeError('failed')
    })
  },
  'reject with undefined'(app, ticks) {
    countSends(app, ticks)
    app.addHook('preHandler', () => Promise.reject(undefined))
    app.get('/', async () => 'never')
  },
  'throw synchronously'(app, ticks) {
    countSends(app, ticks)
    app.addHook('preHandler', () => {
      throw new RangeError('at once')
    })
    app.get('/', async () => 'never')
  },
  'call back with an error'(app, ticks) {
    countSends(app, ticks)
    app.addHook('preHandler', (_request, _reply, done) => done(new RangeError('called back')))
    app.get('/', async () => 'never')
  },
  'fail while the response is being sent'(app, ticks) {
    let sends = 0
    app.addHook('onSend', async () => {
      ticks.note(`onSend ${++sends}`)
      if (sends === 1) throw new RangeError('onSend failed')
    })
    app.addHook('onError', async (_request, _reply, error) => ticks.note(`onError ${error.message}`))
    app.get('/', async () => 'answered')
  },
  'answer in a hook'(app, ticks) {
    app.addHook('onRequest', async (_request, reply) => {
      await reply.send('from a hook')
      ticks.note('sent')
      return reply
    })
    app.get('/', async () => 'never')
  },
  'run for a request without a route'(app, ticks) {
    countSends(app, ticks)
    app.setNotFoundHandler(async (_request, reply) => {
      ticks.note('not found')
      await turn()
      ticks.begin()
      reply.code(404).send('nowhere')
    })
  },
  'hijack the reply'(app, ticks) {
    app.get('/', async (_request, reply) => {
      reply.hijack()
      ticks.note('hijacked')
      await turn()
      ticks.begin()
      reply.raw.end('by hand')
    })
  },
  'never settle, and write the response directly'(app) {
    app.get('/', (_request, reply) => {
      reply.hijack()
      reply.raw.end('by hand')
      return new Promise(() => undefined)
    })
  },
  'replace the payload with a stream'(app, ticks) {
    app.addHook('onSend', async (_request, _reply, payload) => {
      ticks.note(typeof payload)
      return Readable.from(['a ', 'stream'])
    })
    app.get('/', async () => 'answered')
  },
  'return a Bluebird promise'(app, ticks) {
    app.addHook('preHandler', () => Bluebird.try(() => ticks.note('hook')) as unknown as Promise<void>)
    app.get('/', () => Bluebird.resolve('by Bluebird') as unknown as Promise<string>)
  },
  'return a thenable'(app, ticks) {
    app.get('/', () => {
      const thenable = {}
      Object.defineProperty(thenable, 'then', {
        value(resolve: (value: string) => void) {
          ticks.note('then was called')
          resolve('by a thenable')
        },
      })
      return thenable
    })
  },
  'are rejected when they are added'(app, ticks) {
    try {
      app.addHook('preHandler', (async (_request: unknown, _reply: unknown, _done: unknown) => undefined) as never)
    } catch (error) {
      ticks.note(String((error as { code?: string }).code))
    }
    app.get('/', async () => 'answered')
  },
  'are read from request.routeOptions.handler'(app, ticks) {
    async function known(request: { routeOptions: { handler?: unknown } }): Promise<string> {
      const handler = request.routeOptions.handler as typeof known
      const kind = Object.prototype.toString.call(handler)
      ticks.note([handler.name, handler.length, handler.constructor.name, kind, `${handler}`].join(' '))
      return 'known'
    }
    app.get('/', known as never)
  },
}

function countSends(app: FastifyInstance, ticks: Ticks): void {
  let sends = 0
  app.addHook('onSend', async (_request, _reply, payload) => {
    ticks.note(`onSend ${++sends}`)
    return payload
  })
  app.addHook('onError', async (_request, _reply, error) => ticks.note(`onError ${error.message}`))
}
