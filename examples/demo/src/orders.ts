// Reads orders from SQLite in two ways that are common and slow. The trace shows both.

import { osprofiler as plugin } from '@osprofiler/fastify'
import { setup } from '@osprofiler/node'
import fastify from 'fastify'
import { openOrdersDatabase } from './orders-database.js'

/** An order of a customer. */
export interface Order {
  readonly id: number
  readonly placedAt: string
  readonly items: readonly Item[]
}

/** A line of an order. */
export interface Item {
  readonly sku: string
  readonly quantity: number
}

// `values` records the parameters of queries, because these customers are invented. For real ones, use `statements`.
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
  // This query runs once for each order, also without an index. One query with a join could replace all of them.
  const items = database.prepare('SELECT sku, quantity FROM items WHERE order_id = ?')
  return orders.map((order): Order => ({ ...order, items: items.all(order.id) as unknown as Item[] }))
})

app.addHook('onClose', async () => {
  database.close()
  await osprofiler.close()
})

console.log(`orders listens on ${await app.listen({ host: '127.0.0.1', port: 0 })}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close())
