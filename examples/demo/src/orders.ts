// Keeps the orders in SQLite, and reads them in two ways that are common, and slow. The trace shows both.

import { osprofiler as plugin } from '@osprofiler/fastify'
import { setup } from '@osprofiler/node'
import fastify from 'fastify'
import { openOrdersDatabase } from './orders-database.js'
import { query } from './query.js'

/** What a customer ordered. */
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

const osprofiler = setup({ service: 'orders' })
const database = openOrdersDatabase(process.env.ORDERS_FILE ?? 'orders.db')

const app = fastify()
app.register(plugin)

app.get<{ Params: { id: string } }>('/customers/:id/orders', request => {
  // No index covers what is inside of the JSON: SQLite reads every order there is.
  const orders = query<Omit<Order, 'items'>>(
    database,
    `SELECT id, placed_at AS placedAt FROM orders WHERE json_extract(customer, '$.id') = ? ORDER BY placed_at DESC`,
    Number(request.params.id),
  )
  // One query for each order, where a single one with a join would do, and again without an index.
  return orders.map(order => ({
    ...order,
    items: query<Item>(database, 'SELECT sku, quantity FROM items WHERE order_id = ?', order.id),
  }))
})

app.addHook('onClose', async () => {
  database.close()
  await osprofiler.close()
})

console.log(`orders listens on ${await app.listen({ host: '127.0.0.1', port: 0 })}`)

process.once('SIGTERM', () => app.close())
