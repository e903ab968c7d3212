// The service that browsers call. It calls the two other services at the same time, and combines their responses.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'
import * as profiler from '@osprofiler/core'
import { osprofilerErrorHandler, osprofilerMiddleware } from '@osprofiler/express'
import { setup } from '@osprofiler/node'
import { injectTrace } from '@osprofiler/rpc'
import express from 'express'
import type { Product } from './catalog.js'
import type { Seen } from './history.js'
import type { Order } from './orders.js'

const osprofiler = setup({ service: 'gateway' })
const { CATALOG_URL, ORDERS_URL } = process.env
const history = new Worker(new URL('./history.js', import.meta.url))
await once(history, 'message')

const app = express()
app.use(osprofilerMiddleware())

app.get('/customers/:id/orders', async (req, res) => {
  tellHistory(req.params.id)
  const [products, orders] = await Promise.all([
    getJson<Product[]>(`${CATALOG_URL}/products`),
    getJson<Order[]>(`${ORDERS_URL}/customers/${encodeURIComponent(req.params.id)}/orders`),
  ])
  const names = new Map(products.map(({ sku, name }) => [sku, name]))
  res.json(
    orders.map(({ items, ...order }) => ({
      ...order,
      items: items.map(({ sku, quantity }) => ({ name: names.get(sku) ?? sku, quantity })),
    })),
  )
})

app.use(osprofilerErrorHandler())

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`gateway listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

let ending = false
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, end)

/**
 * Runs only once, although two signals may arrive: Ctrl+C reaches all processes in the group, and the demo also stops
 * this one.
 */
function end(): void {
  if (ending) return
  ending = true
  server.close(async () => {
    history.postMessage('end')
    await once(history, 'exit')
    await osprofiler.close()
  })
}

/** Sends a message whose headers carry the trace. Any other message transport works in the same way. */
function tellHistory(customer: string): void {
  profiler.withTrace('rpc', { function: { name: 'tellHistory' } }, () => {
    const message: Seen = { headers: injectTrace({}), customer }
    history.postMessage(message)
  })
}

async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return (await response.json()) as T
}
