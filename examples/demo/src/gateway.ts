// What a browser talks to: asks the other two services at the same time, and puts their answers together.

import type { AddressInfo } from 'node:net'
import { osprofilerErrorHandler, osprofilerMiddleware } from '@osprofiler/express'
import { setup } from '@osprofiler/node'
import express from 'express'
import type { Product } from './catalog.js'
import type { Order } from './orders.js'

const osprofiler = setup({ service: 'gateway' })
const { CATALOG_URL, ORDERS_URL } = process.env

const app = express()
app.use(osprofilerMiddleware())

app.get('/customers/:id/orders', async (req, res) => {
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

process.once('SIGTERM', () => server.close(() => osprofiler.close()))

async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return (await response.json()) as T
}
