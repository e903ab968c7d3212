// Runs workloads, and prints the allocated bytes of each round as a line of JSON: `node child.js 2 point report` runs
// two rounds of the workloads `point` and `report`. A workload has one or more parts, such as the same task without
// this project (`bare`). A round is all repetitions of one part. Marks tell Callgrind where a round begins and ends.

import './surroundings.js'
import os from 'node:os'
import v8 from 'node:v8'

const [rounds, ...workloads] = process.argv.slice(2)
const collections = new v8.GCProfiler()
for (const workload of workloads) {
  const { COUNT: count, createWorkload } = await import(`./workloads/${workload}.js`)
  const parts = Object.entries(await createWorkload())
  // A first round compiles bytecode and fills caches.
  for (const [, repeat] of parts) await repeat(count)
  collections.start()
  const counted = []
  for (let round = 0; round < Number(rounds); round++) {
    for (const [part, repeat] of parts) counted.push({ workload, part, count, bytes: await countBytes(repeat, count) })
  }
  // If objects were collected, their bytes would be missing from the count.
  if (collections.stop().statistics.length > 0) throw new Error(`Garbage was collected during "${workload}"`)
  for (const round of counted) console.log(JSON.stringify(round))
  globalThis.gc()
}

async function countBytes(repeat, count) {
  const before = usedBytes()
  mark()
  await repeat(count)
  mark()
  return usedBytes() - before
}

/**
 * Returns the used bytes of the heap, without buffers. Buffers are in separate pools of 64 KiB, so only some rounds
 * would start a new pool, and the numbers would vary.
 */
function usedBytes() {
  return v8.getHeapStatistics().used_heap_size
}

/** Calls `uv_loadavg()`. At this call, Callgrind writes the number of instructions since the previous call. */
function mark() {
  os.loadavg()
}
