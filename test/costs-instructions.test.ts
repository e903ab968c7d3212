import { describe, expect, it } from 'vitest'
import { compareWithFigures } from './costs/compare.js'
import { readFigures } from './costs/figures.js'
import { countInstructions } from './costs/measure.js'
import { FRAMEWORKLESS_WORKLOADS } from './costs/workloads.js'
import { findNode } from './find-node.js'

// The test takes half a minute of CPU time, and several minutes on a busy machine.
const TIMEOUT_MS = 900_000

const { node, instructions: figures } = readFigures()

describe('the instructions that a workload executes', () => {
  it('are at most 3% above the recorded figures, but exceed them if each record is copied once', {
    timeout: TIMEOUT_MS,
  }, async () => {
    // All workloads run in one process, because starting Node takes most of the time.
    const { 'point-with-copies': copying, ...measured } = await countInstructions(findNode(node), [
      ...FRAMEWORKLESS_WORKLOADS,
      'point-with-copies',
    ])

    const { faults, hints } = compareWithFigures('instructions', figures, measured)
    const ofCopies = compareWithFigures('instructions', { point: figures.point }, { point: copying })
    for (const hint of hints) console.log(hint)
    expect(faults).toEqual([])
    expect(ofCopies.faults).toHaveLength(1)
  })
})
