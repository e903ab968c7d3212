import type { Profiler } from '@osprofiler/core'
import plugin, { osprofiler } from '@osprofiler/fastify'
import { fastify } from 'fastify'

// Nothing here runs: it has to compile where it may be written, and not where it may not.

const app = fastify()
app.register(osprofiler)
app.register(osprofiler, { hmacKeys: ['NEW', 'OLD'] })
app.register(plugin, { hmacKeys: 'NEW,OLD', name: 'api', hideQuery: true, ignore: req => req.url === '/health' })
await app.register(osprofiler, { hmacKeys: undefined, enabled: false })
fastify({ http2: true }).register(osprofiler, { hmacKeys: 'KEY' })

app.get('/', async request => {
  const profiler: Profiler | undefined = request.profiler
  const traced: number = request.server.osprofiler.stats.traced
  // @ts-expect-error It may not be there.
  const { baseId } = request.profiler
  return { profiler, traced, baseId }
})

// @ts-expect-error A key is a string.
app.register(osprofiler, { hmacKeys: 7 })
// @ts-expect-error There is no such option.
app.register(osprofiler, { hmacKey: 'KEY' })
app.get('/wrong', async request => {
  // @ts-expect-error The profiler of a request is ours to set.
  request.profiler = undefined
  // @ts-expect-error Its key cannot be read.
  return request.profiler?.hmacKey
})
