import type { Profiler } from '@osprofiler/core'
import plugin, { osprofiler } from '@osprofiler/fastify'
import { fastify } from 'fastify'

// This file never runs. Its calls must compile, except for those that are marked as errors.

const app = fastify()
app.register(osprofiler)
app.register(osprofiler, { hmacKeys: ['NEW', 'OLD'] })
app.register(plugin, { hmacKeys: 'NEW,OLD', name: 'api', hideQuery: true, ignore: req => req.url === '/health' })
await app.register(osprofiler, { hmacKeys: undefined, enabled: false })
fastify({ http2: true }).register(osprofiler, { hmacKeys: 'KEY' })

app.get('/', async request => {
  const profiler: Profiler | undefined = request.profiler
  const traced: number = request.server.osprofiler.stats.traced
  // @ts-expect-error `request.profiler` may be undefined.
  const { baseId } = request.profiler
  return { profiler, traced, baseId }
})

// @ts-expect-error A key is a string.
app.register(osprofiler, { hmacKeys: 7 })
// @ts-expect-error `hmacKey` is not an option.
app.register(osprofiler, { hmacKey: 'KEY' })
app.get('/wrong', async request => {
  // @ts-expect-error Only the plugin sets the profiler of a request.
  request.profiler = undefined
  // @ts-expect-error The key of a profiler cannot be read.
  return request.profiler?.hmacKey
})
