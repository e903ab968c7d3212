// Runs a gateway (Express), or the service that the gateway calls (Fastify). Tracing is set up as a user would do it.

import { performance } from 'node:perf_hooks'
import { withTrace } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'
import osprofilerPlugin from '@osprofiler/fastify'
import { setup } from '@osprofiler/node'
import express from 'express'
import fastify from 'fastify'

const [kind, connectionString, target] = process.argv.slice(2)
const hmacKeys = 'SECRET_KEY'
setup({ service: kind, connectionString, hmacKeys })

/** Prints the time at which a response ended, in milliseconds since 1970, so that processes can compare times. */
function tellAnswer() {
  console.log(JSON.stringify({ answeredAt: performance.timeOrigin + performance.now() }))
}

async function startGateway() {
  const app = express()
  app.use((_, res, next) => {
    res.once('finish', tellAnswer)
    next()
  })
  app.use(osprofilerMiddleware(hmacKeys))
  app.get('/', async (_, res) => {
    const answer = await fetch(target)
    res.send(await answer.text())
  })
  await new Promise(resolve => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server))
  }).then(server => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/` })))
}

async function startOrders() {
  const app = fastify()
  await app.register(osprofilerPlugin, { hmacKeys })
  app.get('/', async () => {
    for (let step = 1; step <= 5; step++) await withTrace(`step-${step}`, async () => undefined)
    return 'orders'
  })
  console.log(JSON.stringify({ url: await app.listen({ host: '127.0.0.1', port: 0 }) }))
}

await (kind === 'gateway' ? startGateway() : startOrders())
process.stdin.once('end', () => process.exit()).resume()
