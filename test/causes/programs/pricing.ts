// An Express service in which each route is slow because of its own code. Only an account (`--why`) names the reason.
// The tests find the line below a `line: NAME` comment by NAME.

import { execSync } from 'node:child_process'
import { pbkdf2 } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { osprofilerMiddleware } from '@osprofiler/express'
import { setup } from '@osprofiler/node'
import express from 'express'

const osprofiler = setup({ service: 'pricing' })
const app = express()
app.use(osprofilerMiddleware())

function sumPrices(ms: number): number {
  const startedAt = performance.now()
  let sum = 0
  while (performance.now() - startedAt < ms) {
    // line: computes
    for (let item = 0; item < 20_000; item++) sum += Math.sqrt(item + sum)
  }
  return sum
}

app.get('/computes', (_, res) => res.send(String(sumPrices(300))))

// line: blocks
function loadRates(): string {
  return execSync('sleep 0.3; echo 1.08').toString()
}

app.get('/blocks', (_, res) => res.send(loadRates()))

function rebuildIndex(): number {
  const startedAt = performance.now()
  let sum = 0
  while (performance.now() - startedAt < 300) sum += Math.sqrt(sum + 1)
  return sum
}

/** Whether to run work that belongs to no request. The work begins while a request waits. */
let isJobDue = false
setInterval(() => {
  if (!isJobDue) return
  isJobDue = false
  rebuildIndex()
}, 2).unref()

app.get('/held', async (_, res) => {
  isJobDue = true
  await sleep(20)
  res.send('late')
})

const derive = promisify(pbkdf2)
const busyThreads = (): Promise<unknown> =>
  Promise.all(Array.from({ length: 4 }, () => derive('a', 'b', 400_000, 64, 'sha512')))
const jobs: (() => unknown)[] = []
setInterval(() => jobs.shift()?.(), 1).unref()

app.get('/pool', async (_, res) => {
  jobs.push(busyThreads)
  await sleep(30)
  await checkSignature()
  res.send('signed')
})

async function checkSignature(): Promise<void> {
  // line: pool
  await derive('a', 'b', 1_000, 64, 'sha512')
}

let lock = Promise.resolve()

function lockForJob(): void {
  lock = new Promise(release => {
    setTimeout(release, 300)
  })
}

app.get('/lock', async (_, res) => {
  jobs.push(lockForJob)
  await sleep(20)
  await waitForLock()
  res.send('locked')
})

async function waitForLock(): Promise<void> {
  // line: lock
  await lock.then(() => undefined)
}

app.get('/timer', async (_, res) => {
  await politeRetry()
  res.send('retried')
})

async function politeRetry(): Promise<void> {
  await new Promise(done => {
    // line: timer
    setTimeout(done, 300)
  })
}

app.get('/garbage', (_, res) => res.send(String(makeGarbage())))

function makeGarbage(): number {
  const startedAt = performance.now()
  let kept: object[] = []
  while (performance.now() - startedAt < 400) {
    for (let item = 0; item < 10_000; item++) kept.push({ item, text: `${item}` })
    if (kept.length > 600_000) kept = []
  }
  return kept.length
}

app.get('/healthy', async (_, res) => {
  await sleep(5)
  res.send('fine')
})

const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  process.send?.({ url: `http://127.0.0.1:${port}` })
})
process.on('disconnect', async () => {
  server.closeAllConnections()
  server.close()
  await osprofiler.close()
})
