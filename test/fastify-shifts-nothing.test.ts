import { createRequire } from 'node:module'
import osprofiler from '@osprofiler/fastify'
import { describe, expect, it } from 'vitest'
import { FASTIFY_PROGRAMS, type FastifyProgram } from './guest/fastify-programs.js'
import { KEY, type MakeServer, observe, UNTRACED_VARIANT, VARIANTS } from './guest/observe-server.js'

const fastify: typeof import('fastify').fastify = createRequire(import.meta.url)('fastify')

function createServerFactory(program: FastifyProgram): MakeServer {
  return async (ticks, { adapter }) => {
    const stream = {
      write(line: string) {
        const { msg, err } = JSON.parse(line) as { msg: string; err?: { code?: string; message: string } }
        ticks.note(`logged ${err?.code ?? err?.message ?? msg}`)
      },
    }
    const app = fastify({ logger: { level: 'warn', stream } })
    if (adapter) await app.register(osprofiler, { hmacKeys: KEY, maxTracesPerSecond: 10_000 })
    app.addHook('onRequest', (request, reply, done) => {
      ticks.begin()
      ticks.watch('req', request.raw)
      ticks.watch('res', reply.raw)
      ticks.watch('socket', request.raw.socket)
      for (const event of ['finish', 'close'] as const) reply.raw.on(event, () => ticks.note(event))
      reply.raw.on('close', () => ticks.end())
      done()
    })
    await program(app, ticks)
    await app.ready()
    return app.server
  }
}

describe.each(Object.keys(FASTIFY_PROGRAMS))('hooks and handlers of Fastify that %s', name => {
  const program = FASTIFY_PROGRAMS[name] ?? (() => undefined)

  it.each(Object.keys(VARIANTS))('behave as without OSProfiler if there is %s', async variant => {
    const plain = await observe('fastify', createServerFactory(program), UNTRACED_VARIANT)

    const { observed, open, points } = await observe(
      'fastify',
      createServerFactory(program),
      VARIANTS[variant] ?? UNTRACED_VARIANT,
    )

    expect(observed).toEqual(plain.observed)
    expect(open).toEqual([])
    expect(points > 0).toBe(variant.startsWith('a signed'))
  })
})
