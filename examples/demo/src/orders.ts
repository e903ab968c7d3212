// Reads orders from SQLite in two common ways that are slow. The trace shows both.

import { osprofiler as plugin } from '@osprofiler/fastify'
import { setup } from '@osprofiler/node'
import fastify from 'fastify'
import { openOrdersDatabase } from './orders-database.js'

/** A customer's order. */
export interface Order {
  readonly id: number
  readonly placedAt: string
  readonly items: readonly Item[]
}

/** An item in an order. */
export interface Item {
  readonly sku: string
  readonly quantity: number
}

// `values` also records the parameters of queries, which is safe because these customers are fictional. For real
// customers, use `statements`.
const osprofiler = setup({ service: 'orders', traceSql: 'values' })
const database = openOrdersDatabase(process.env.ORDERS_FILE ?? 'orders.db')

const app = fastify()
app.register(plugin)

app.get<{ Params: { id: string } }>('/customers/:id/orders', request => {
  // No index covers the value inside the JSON, so SQLite reads every order.
  const orders = database
    .prepare(
      `SELECT id, placed_at AS placedAt FROM orders WHERE json_extract(customer, '$.id') = ? ORDER BY placed_at DESC`,
    )
    .all(Number(request.params.id)) as unknown as Omit<Order, 'items'>[]
  // This query runs once for each order, and has no index either. One query with a join could replace all 20 queries.
  const items = database.prepare('SELECT sku, quantity FROM items WHERE order_id = ?')
  return orders.map((order): Order => ({ ...order, items: items.all(order.id) as unknown as Item[] }))
})

app.addHook('onClose', async () => {
  database.close()
  await osprofiler.close()
})

console.log(`orders listens on ${await app.listen({ host: '127.0.0.1', port: 0 })}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close())
