// Lists the products.

import type { AddressInfo } from 'node:net'
import * as profiler from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/koa'
import { setup } from '@osprofiler/node'
import Koa from 'koa'

/** A product that the shop sells. */
export interface Product {
  readonly sku: string
  readonly name: string
}

const COLORS = ['red', 'green', 'blue', 'white', 'black']
const THINGS = ['lamp', 'chair', 'table', 'shelf', 'rug', 'vase', 'clock', 'mirror', 'bench', 'stool']

const osprofiler = setup({ service: 'catalog' })

// Every call of this function is a point. Arguments are recorded, and results only with `hideResult: false`.
const listProducts = profiler.trace('catalog', { hideResult: true })(function listProducts(): Product[] {
  return COLORS.flatMap(color => THINGS.map(thing => `${color} ${thing}`))
    .sort()
    .map((name, index) => ({ sku: `sku-${index}`, name }))
})

const app = new Koa()
app.use(osprofilerMiddleware())
app.use(ctx => {
  if (ctx.path === '/products') ctx.body = listProducts()
})

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`catalog listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => osprofiler.close()))
