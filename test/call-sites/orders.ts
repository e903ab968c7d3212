// A program that makes points in several ways, and prints their call sites. A comment at the end of a line names the
// point whose call site is that line.

import { createNotifier, run, setNotifier, start, Trace, type TraceRecord, trace, withTrace } from '@osprofiler/core'

interface Shop {
  readonly name: string
}

const records: TraceRecord[] = []
const notifier = createNotifier({
  name: 'memory',
  write: async batch => void records.push(...batch),
  close: async () => undefined,
})
setNotifier(notifier)

class Orders {
  readonly shop: Shop

  constructor(shop: Shop) {
    this.shop = shop
  }

  async findAll(): Promise<string> {
    await null
    return withTrace('async', { orders: 1 }, async () => this.shop.name) // async
  }
}

function loadRates(): void {
  const point = start('sync') // sync
  point.stop()
}

const price = trace('price')((count: number): number => count * 2)

async function main(): Promise<void> {
  await new Orders({ name: 'a' }).findAll()
  loadRates()
  new Trace('constructor').stop() // constructor
  price(2) // price
  const loads = [1].map(() => withTrace('callback', () => 1)) // callback
  await Promise.all(loads)
  await new Promise<void>(resolve => {
    setTimeout(() => {
      withTrace('timer', () => 1) // timer
      resolve()
    }, 1)
  })
}

await run({ hmacKey: 'key', code: true }, main)
await notifier.flush()
const starts = records.filter(({ name }) => name.endsWith('-start'))
console.log(JSON.stringify(starts.map(({ name, info: { code } }) => [name.slice(0, -6), code ?? null])))
