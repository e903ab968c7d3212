// The check without a clock: the cost of fixed workloads, in bytes that V8 allocates on its heap and in instructions.
//
//   node test/costs/run.js            compares with figures.json; fails above 3 %
//   node test/costs/run.js --update   writes figures.json, and prints what changes
//
// How a figure is taken:
// - One process with the Node of figures.json runs the workloads. Each workload repeats one thing, once to warm up and
//   then in rounds. The figure is the amount of the lowest round, divided by the repetitions.
// - Bytes are the growth of the heap over a round. The young generation has room for all, so nothing is collected.
// - Instructions are Callgrind's, counted between two marks. V8 interprets (--jitless), because the threads of its
//   compiler would choose by time what to compile. So a figure shows the amount of work, not its duration.
// - Clocks, seeds, the name of the host, the environment and OpenSSL's choice by CPU are fixed.
// - A workload with a part `bare` does the same without this project. Its amount is subtracted.
//
// The exact version is pinned, because another V8 has other bytecode and other objects. Node 24 is the newest line with
// long-term support, and starts with a quarter of Node 20's instructions.
//
// Measured at a load of 10 to 25, six runs differed by at most 0.2 % in instructions. Other folders, host names and
// environments changed at most 0.2 % of the bytes. A C library without AVX2 changed 0.2 % of the instructions. The
// choice of OpenSSL by CPU would change 2 %.

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
else console.log('Instructions are not counted: that takes Valgrind, on Linux for x64.')

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
