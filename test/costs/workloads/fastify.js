import { osprofiler } from '@osprofiler/fastify'
import { fastify } from 'fastify'
import { createRequests, HMAC_KEYS, LIMITS } from '../requests.js'

export const COUNT = 200

export async function createWorkload() {
  const bare = await createApp()
  const traced = await createApp(osprofiler)
  const send = app => headers => app.inject({ url: '/orders/7', headers })
  return createRequests(COUNT, send(bare), send(traced))
}

async function createApp(...plugins) {
  const app = fastify()
  for (const plugin of plugins) await app.register(plugin, { hmacKeys: HMAC_KEYS, ...LIMITS })
  app.get('/orders/:id', async request => ({ id: request.params.id, state: 'paid' }))
  await app.ready()
  return app
}
