// The service that the gateway calls. It uses Fastify.

import { withTrace } from '@osprofiler/core'
import osprofilerPlugin from '@osprofiler/fastify'
import { setup } from '@osprofiler/node'
import fastify from 'fastify'

const osprofiler = setup({ service: 'orders' })
const app = fastify()
await app.register(osprofilerPlugin)
app.get('/', async () => {
  for (const name of ['find-order', 'find-items', 'find-price']) await withTrace(name, async () => undefined)
  return 'orders'
})

process.send({ url: await app.listen({ host: '127.0.0.1', port: 0 }) })
process.once('disconnect', () => app.close().then(() => osprofiler.close()))
