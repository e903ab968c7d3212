// Runs one traced request while the server answers requests of twenty clients. Prints the account (the request's time
// by causes), and the times that the program itself measured.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { createNotifier, run, setNotifier } from '@osprofiler/core'

const records = []
const notifier = createNotifier({
  name: 'memory',
  write: async batch => void records.push(...batch),
  close: async () => undefined,
})
setNotifier(notifier)

const truth = { priceOrders: 0, sumTaxes: 0 }

function priceOrders(ms) {
  const startedAt = performance.now()
  let sum = 0
  while (performance.now() - startedAt < ms) sum += Math.sqrt(sum + 1)
  truth.priceOrders += performance.now() - startedAt
  return sum
}

function sumTaxes(ms) {
  const startedAt = performance.now()
  let sum = 0
  while (performance.now() - startedAt < ms) sum += Math.sqrt(sum + 1)
  truth.sumTaxes += performance.now() - startedAt
  return sum
}

function serveOthers(ms) {
  const startedAt = performance.now()
  let sum = 0
  while (performance.now() - startedAt < ms) sum += Math.sqrt(sum + 1)
  return sum
}

async function serveTraced() {
  for (let piece = 0; piece < 30; piece++) {
    priceOrders(200 / 30)
    await (piece % 2 === 0 ? sleep(1) : nextTurn())
    sumTaxes(100 / 30)
    await null
  }
}

let isOver = false
async function answerOthers(_, res) {
  serveOthers(3)
  await sleep(2)
  serveOthers(3)
  res.end()
}

const server = createServer(answerOthers).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}/`
const clients = Array.from({ length: 20 }, async () => {
  while (!isOver) await (await fetch(url)).text()
})
await sleep(200)
const registry = globalThis[Symbol.for('osprofiler.core')]
const rounds = []
for (let round = 0; round < 3; round++) {
  records.length = 0
  Object.assign(truth, { priceOrders: 0, sumTaxes: 0 })
  // Removes the limit that allows an account of the level `cpu` only once in ten seconds.
  registry.values.get('why').lastCpuAt = Number.NEGATIVE_INFINITY
  await run({ hmacKey: 'key', why: 'cpu' }, serveTraced)
  // The account is created in small pieces, between the requests of the busy server.
  while (!records.some(({ name }) => name === 'why-stop')) await notifier.flush()
  rounds.push({ truth: { ...truth }, account: records.find(({ name }) => name === 'why-start').info.why })
}
isOver = true
await Promise.all(clients)
console.log(JSON.stringify(rounds))
process.exit(0)
