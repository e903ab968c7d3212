// Lists products slowly. The tree shows how long the computation takes, and `--why` shows the computation's line.

import type { AddressInfo } from 'node:net'
import * as profiler from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/koa'
import { setup } from '@osprofiler/node'
import Koa from 'koa'

/** A product that the shop sells. */
export interface Product {
  readonly sku: string
  readonly name: string
  /** The product with the most similar name. */
  readonly similar: string
}

const SIZES = ['small', 'large']
const COLORS = ['red', 'green', 'blue', 'white', 'black']
const THINGS = ['lamp', 'chair', 'table', 'shelf', 'rug', 'vase', 'clock', 'mirror', 'bench', 'stool']

const osprofiler = setup({ service: 'catalog' })

// Every call of this function is a point with its arguments. `hideResult: false` would also record the result.
const listProducts = profiler.trace('catalog', { hideResult: true })(function listProducts(): Product[] {
  const names = SIZES.flatMap(size => COLORS.flatMap(color => THINGS.map(thing => `${size} ${color} ${thing}`))).sort()
  return names.map((name, index) => ({ sku: `sku-${index}`, name, similar: findSimilar(name, names) }))
})

/** Compares a name with all others, at every request. The program could do this once, because no product changes. */
function findSimilar(name: string, names: readonly string[]): string {
  let similar = name
  let fewest = Number.POSITIVE_INFINITY
  for (const other of names) {
    const edits = other === name ? fewest : countEdits(name, other)
    if (edits >= fewest) continue
    similar = other
    fewest = edits
  }
  return similar
}

/** Counts the letters to add, remove or replace to turn one name into the other (Levenshtein). */
function countEdits(from: string, to: string): number {
  const edits = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let row = 1; row <= from.length; row++) {
    let diagonal = row - 1
    edits[0] = row
    for (let at = 1; at <= to.length; at++) {
      const above = edits[at] ?? 0
      const replaced = from[row - 1] === to[at - 1] ? diagonal : diagonal + 1
      edits[at] = Math.min(replaced, above + 1, (edits[at - 1] ?? 0) + 1)
      diagonal = above
    }
  }
  return edits[to.length] ?? 0
}

const app = new Koa()
app.use(osprofilerMiddleware())
app.use(ctx => {
  if (ctx.path === '/products') ctx.body = listProducts()
})

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`catalog listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => osprofiler.close()))
