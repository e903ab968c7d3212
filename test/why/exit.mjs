// A program that ends without a call of `exit`, `flush` or `close`. With the argument `hangs`, the trace never ends.
// With `worker`, the program runs in a worker thread. Prints the account (the request's time by causes), if there is
// one.

import { writeSync } from 'node:fs'
import { isMainThread, Worker } from 'node:worker_threads'
import { createNotifier, run, setNotifier } from '@osprofiler/core'

const [kind] = process.argv.slice(2)

if (kind === 'worker' && isMainThread) new Worker(new URL(import.meta.url), { argv: [kind] })
else trace()

function trace() {
  const print = ({ name, info }) => {
    if (name === 'why-start') writeSync(1, JSON.stringify(info.why))
  }
  setNotifier(
    createNotifier({
      name: 'printed',
      write: async batch => void batch.forEach(print),
      close: async () => undefined,
    }),
  )
  const hangs = () => new Promise(() => undefined)
  void run({ hmacKey: 'key', why: 'cpu' }, kind === 'hangs' ? hangs : compute)
}

async function compute() {
  const startedAt = performance.now()
  let sum = 0
  while (performance.now() - startedAt < 60) sum += Math.sqrt(sum + 1)
  await new Promise(resolve => setTimeout(resolve, 20))
  return sum
}
