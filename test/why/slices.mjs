// Creates accounts (a request's time by causes) of requests that call 10,000 functions and await 5,000 times. Prints
// how long creating each account took, the longest time for which this blocked the event loop, and the size of the
// record.

import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { createNotifier, run, setNotifier } from '@osprofiler/core'

const ROUNDS = 3
const COMPUTE_MS = 2_500

const records = []
const notifier = createNotifier({
  name: 'memory',
  write: async batch => void records.push(...batch),
  close: async () => undefined,
})
setNotifier(notifier)

const lines = Array.from({ length: 10_000 }, (_, at) => {
  const body = `let sum = ${at}; for (let n = 0; n < 2_000; n++) sum += Math.sqrt(sum + n); return sum`
  return `function compute${at}() { ${body} }`
})
const list = `[${Array.from(lines, (_, at) => `compute${at}`)}]`
const filename = fileURLToPath(new URL('generated.js', import.meta.url))
const functions = new Script(`(() => {\n${lines.join('\n')}\nreturn ${list}\n})()`, { filename }).runInThisContext()

async function compute() {
  const startedAt = performance.now()
  for (let at = 0; performance.now() - startedAt < COMPUTE_MS; at++) {
    functions[at % functions.length]()
    if (at % 10 === 0) await null
    if (at % 200 === 0) await new Promise(resolve => setImmediate(resolve))
  }
}

/**
 * Returns the CPU time of this thread, which excludes other programs. If Node does not report the CPU time, returns the
 * elapsed time.
 */
function readMs() {
  if (process.threadCpuUsage === undefined) return performance.now()
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** Measures the longest turn of the event loop, until the returned function is called. */
function watchLoop() {
  let longestMs = 0
  let seenAt = readMs()
  let isOver = false
  const look = () => {
    const now = readMs()
    longestMs = Math.max(longestMs, now - seenAt)
    seenAt = now
    if (!isOver) setImmediate(look)
  }
  look()
  return () => {
    look()
    isOver = true
    return longestMs
  }
}

const registry = globalThis[Symbol.for('osprofiler.core')]
const outcomes = []
for (let round = 0; round < ROUNDS; round++) {
  records.length = 0
  registry.values.get('why').lastCpuAt = Number.NEGATIVE_INFINITY
  await run({ hmacKey: 'key', why: 'cpu' }, compute)
  const stopWatching = watchLoop()
  await notifier.flush(30_000)
  const longestMs = stopWatching()
  const { why } = records.find(({ name }) => name === 'why-start')?.info ?? {}
  outcomes.push({
    foldMs: why?.costs?.foldMs,
    longestMs,
    chars: JSON.stringify(why).length,
    why: process.argv[2] && why,
  })
}
console.log(JSON.stringify(outcomes))
process.exit(0)
