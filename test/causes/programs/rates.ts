// A Fastify service that `shop` and `orders` call. The points of its hooks and handlers are recorded.
// The tests find the line below a `line: NAME` comment by NAME.

import { setTimeout as sleep } from 'node:timers/promises'
import { withTrace } from '@osprofiler/core'
import osprofilerPlugin from '@osprofiler/fastify'
import { setup } from '@osprofiler/node'
import fastify from 'fastify'

const osprofiler = setup({ service: 'rates', instruments: ['+fastify'] })
const app = fastify({ forceCloseConnections: true })
await app.register(osprofilerPlugin)

let tries = 0
app.get('/latest', async () => ({ eur: 1 }))
app.get('/flaky', async (_, reply) => await reply.code(++tries % 3 === 0 ? 200 : 503).send('later'))
// line: rates-slow
app.get('/slow', async function sendSlowly(request) {
  await sleep(Number((request.query as { ms: string }).ms))
  return { eur: 1 }
})
// line: rates-broken
app.get('/broken', async function sendBroken() {
  throw new Error('no rates today')
})
// line: rates-hanging
app.get('/hanging', async function hang() {
  await sleep(2000)
})
// line: rates-guard
app.get(
  '/guarded',
  {
    preHandler: async function checkQuota() {
      await sleep(300)
    },
  },
  async () => await withTrace('load', async () => ({ eur: 1 })),
)
app.get('/healthy', { preHandler: async function checkQuota() {} }, async () => ({ eur: 1 }))

process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) })
process.once('disconnect', () => app.close().then(() => osprofiler.close()))
