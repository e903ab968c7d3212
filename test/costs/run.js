// A cost check that uses no clock. It measures fixed workloads in bytes that V8 allocates on its heap, and in executed
// instructions.
//
//   node test/costs/run.js            compares with figures.json; fails if a value is more than 3% higher
//   node test/costs/run.js --update   writes figures.json, and prints what changes
//
// How a figure is measured:
// - One process runs the workloads, with the version of Node that figures.json names. Each workload repeats one task,
//   first to warm up and then in rounds. The figure is the amount of the lowest round, divided by the repetitions.
// - Bytes are the growth of the heap during a round. The young generation has room for all objects, so nothing is
//   collected.
// - Instructions are counted by Callgrind between two marks. V8 only interprets (--jitless), because its compiler
//   threads would decide by time what to compile. So a figure shows the amount of work, not its duration.
// - Clocks, seeds, the host name, the environment and OpenSSL's choice of code for the CPU are fixed.
// - The part `bare` of a workload does the same work without this project. Its amount is subtracted.
//
// The exact version of Node is pinned, because another V8 has different bytecode and objects. Node 24 is the newest
// line with long-term support, and takes a quarter of Node 20's instructions to start.
//
// At a system load of 10 to 25, six runs differed by at most 0.2% in instructions. Other folders, host names and
// environments changed the bytes by at most 0.2%. A C library without AVX2 changed the instructions by 0.2%. If OpenSSL
// chose its code by CPU, the number of instructions would change by 2%.

import { findNode } from '../find-node.js'
import { compareWithFigures } from './compare.js'
import { readFigures, writeFigures } from './figures.js'
import { hasValgrind } from './has-valgrind.js'
import { countBytes, countInstructions } from './measure.js'
import { ALL_WORKLOADS, FRAMEWORKLESS_WORKLOADS } from './workloads.js'

const figures = readFigures()
const node = findNode(figures.node)
const measured = { bytes: await countBytes(node, ALL_WORKLOADS) }
if (hasValgrind()) measured.instructions = await countInstructions(node, FRAMEWORKLESS_WORKLOADS)
else console.log('Instructions are not counted, because this needs Valgrind on Linux for x64.')

for (const [unit, amounts] of Object.entries(measured)) {
  console.table(Object.entries(amounts).map(([workload, now]) => toRow(unit, workload, now)))
}

if (process.argv.includes('--update')) {
  writeFigures({ ...figures, ...measured })
} else {
  for (const [unit, amounts] of Object.entries(measured)) {
    const { faults, hints } = compareWithFigures(unit, figures[unit], amounts)
    for (const line of [...faults, ...hints]) console.log(line)
    if (faults.length > 0) process.exitCode = 1
  }
}

function toRow(unit, workload, now) {
  const figure = figures[unit][workload]
  const change = figure === undefined ? 'new' : `${((now / figure - 1) * 100).toFixed(2)} %`
  return { workload, [`${unit}: figure`]: figure, now, change }
}
