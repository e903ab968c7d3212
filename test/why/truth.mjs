// Runs cases of known duration in traces with accounts (a request's time by causes). Prints the measured times and the
// accounts.

import { execSync } from 'node:child_process'
import { pbkdf2, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { readFileSync, stat as statByCallback } from 'node:fs'
import { createServer, get } from 'node:http'
import { promisify } from 'node:util'
import { gzip, gzipSync } from 'node:zlib'
import { createNotifier, run, setNotifier, suppress } from '@osprofiler/core'

const [derive, zip, stat] = [promisify(pbkdf2), promisify(gzip), promisify(statByCallback)]
const records = []
const notifier = createNotifier({
  name: 'memory',
  write: async batch => void records.push(...batch),
  close: async () => undefined,
})
setNotifier(notifier)

const { now } = performance
const noise = randomBytes(6e6)
const others = (afterMs, ms) => suppress(() => setTimeout(() => rebuildIndex(ms), afterMs))
const sleep = ms => new Promise(done => setTimeout(done, ms))
let release

function rebuildIndex(ms) {
  const startedAt = now.call(performance)
  let sum = 0
  while (now.call(performance) - startedAt < ms) sum += Math.sqrt(sum + 1)
  return sum
}

function sumPrices(ms) {
  return rebuildIndex(ms)
}

async function measure(fn) {
  const startedAt = performance.now()
  await fn()
  return performance.now() - startedAt
}

const slow = createServer((_, res) => setTimeout(() => res.end('x'), 80)).listen(0, '127.0.0.1')
await new Promise(done => slow.once('listening', done))
const request = () =>
  new Promise(done => get({ port: slow.address().port, host: '127.0.0.1' }, res => res.resume().on('end', done)))

/**
 * The cases, by name. Each case returns the expected milliseconds by cause. A cause is its `kind`, followed by its
 * `what`, `by` or `function`. A `|` separates alternatives.
 */
const CASES = {
  async cpu() {
    return { 'cpu|gc rebuildIndex|sumPrices': await measure(async () => sumPrices(120)) }
  },
  async timer() {
    return { 'wait timer': await measure(() => sleep(60)) }
  },
  async 'timer while others hold the loop'() {
    others(5, 100)
    const ms = await measure(() => sleep(10))
    return { 'held rebuildIndex|(anonymous)': ms - 11 }
  },
  async 'a file while others hold the loop'() {
    suppress(() => process.nextTick(() => rebuildIndex(50)))
    return { 'either|held|wait fs|rebuildIndex|(anonymous)': await measure(() => stat('/')) }
  },
  async crypto() {
    return { 'wait crypto': await measure(() => derive('a', 'b', 100_000, 64, 'sha512')) }
  },
  async 'a full thread pool'() {
    const own = await measure(() => derive('a', 'b', 40_000, 64, 'sha512'))
    suppress(() => {
      for (let count = 0; count < 4; count++) pbkdf2('a', 'b', 120_000, 64, 'sha512', () => undefined)
    })
    const ms = await measure(() => derive('a', 'b', 40_000, 64, 'sha512'))
    return { 'pool|wait crypto': ms + own, 'pool crypto': { atLeast: 0.25 * ms } }
  },
  async 'a lock of others'() {
    const lock = suppress(() => new Promise(done => setTimeout(done, 70)))
    return { 'wait promise': await measure(() => lock.then(() => undefined)) }
  },
  async 'a lock whose owner goes on'() {
    suppress(() =>
      setTimeout(() => {
        release()
        rebuildIndex(40)
      }, 30),
    )
    const ms = await measure(() => new Promise(done => (release = done)))
    return { 'wait promise': ms - 40, 'held rebuildIndex|(anonymous)': 40 }
  },
  async 'a child process'() {
    return { 'sync spawnSync|execSync': await measure(async () => execSync('sleep 0.08')) }
  },
  async 'reading a file'() {
    return {
      'sync readFileSync': await measure(async () => {
        for (let count = 0; count < 3; count++) readFileSync(process.execPath)
      }),
    }
  },
  async 'synchronous crypto'() {
    return { 'sync pbkdf2Sync': await measure(async () => pbkdf2Sync('a', 'b', 100_000, 64, 'sha512')) }
  },
  async 'synchronous scrypt'() {
    return { 'sync scryptSync': await measure(async () => scryptSync('a', 'b', 64, { N: 16_384 })) }
  },
  async 'synchronous compression'() {
    return { sync: await measure(async () => gzipSync(noise)) }
  },
  async compression() {
    return { 'wait|pool zlib': { atLeast: 0.4 * (await measure(() => zip(noise))) } }
  },
  async 'a request'() {
    return { 'wait network|request body|promise|timer': await measure(request) }
  },
  async 'the longest of two'() {
    return { 'wait timer': await measure(() => Promise.all([stat('/'), sleep(40)])) }
  },
  async 'a regular expression'() {
    return { cpu: await measure(async () => /^(a+)+$/.test(`${'a'.repeat(24)}b`)) }
  },
}

const registry = globalThis[Symbol.for('osprofiler.core')]
const outcomes = {}
const wanted = process.argv.slice(2)
for (const [name, fn] of Object.entries(CASES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  outcomes[name] = []
  for (let round = 0; round < 3; round++) {
    records.length = 0
    registry.values.get('why').lastCpuAt = Number.NEGATIVE_INFINITY
    const expected = await run({ hmacKey: 'key', why: 'cpu' }, fn)
    await notifier.flush()
    const account = records.find(record => record.name === 'why-start')?.info.why
    outcomes[name].push({ expected, account })
  }
}
console.log(JSON.stringify(outcomes))
process.exit(0)
