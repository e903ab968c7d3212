import { withTrace } from '@osprofiler/core'
import osprofilerPlugin from '@osprofiler/fastify'
import { setup } from '@osprofiler/node'
import fastify from 'fastify'

const osprofiler = setup()
const app = fastify()
app.register(osprofilerPlugin)

app.get('/items/:id', async request => {
  const item = await withTrace('load', { id: request.params.id }, () => load(request.params.id))
  return { ...item, trace: request.profiler?.baseId }
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await app.close()
    await osprofiler.close()
  })
}

async function load(id) {
  return { id }
}
