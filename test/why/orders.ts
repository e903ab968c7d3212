// A program whose account must name lines of this file, not lines of the compiled file.

import { createNotifier, run, setNotifier, suppress } from '@osprofiler/core'

interface Order {
  readonly id: number
  readonly total: number
}

type Orders = readonly Order[]

interface Rates {
  readonly low: number
  readonly high: number
}

const RATES: Rates = { low: 1, high: 2 }

const records: { name: string; info: { why?: unknown } }[] = []
const notifier = createNotifier({
  name: 'memory',
  write: async (batch: readonly unknown[]) => void records.push(...(batch as typeof records)),
  close: async () => undefined,
})
setNotifier(notifier as never)

function sumPrices(orders: Orders, ms: number): number {
  const startedAt: number = performance.now()
  let sum = 0
  while (performance.now() - startedAt < ms) {
    for (const { total } of orders) sum += Math.sqrt(total + sum) * RATES.high
  }
  return sum
}

function rebuildIndex(ms: number): number {
  const startedAt: number = performance.now()
  let sum = 0
  while (performance.now() - startedAt < ms) for (let at = 0; at < 1_000; at++) sum += Math.sqrt(at + sum)
  return sum
}

async function politeRetry(ms: number): Promise<void> {
  await new Promise<void>(resolve => setTimeout(resolve, ms))
}

async function main(): Promise<void> {
  const orders: Orders = Array.from({ length: 1_000 }, (_, id) => ({ id, total: id * RATES.low }))
  sumPrices(orders, 120)
  suppress(() => setTimeout(rebuildIndex, 5, 100))
  await politeRetry(40)
}

async function end(): Promise<void> {
  await run({ hmacKey: 'key', why: 'cpu' }, main)
  await notifier.flush(30_000)
  console.log(JSON.stringify(records.find(({ name }) => name === 'why-start')?.info.why))
}

void end()
