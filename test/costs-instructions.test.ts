import { describe, expect, it } from 'vitest'
import { compare } from './costs/compare.js'
import { readFigures } from './costs/figures.js'
import { countInstructions } from './costs/measure.js'
import { WITHOUT_FRAMEWORKS } from './costs/workloads.js'
import { findNode } from './find-node.js'

// Half a minute of CPU time, which a busy machine makes minutes of.
const TIMEOUT = 900_000

const { node, instructions: figures } = readFigures()

describe('the instructions that a workload executes', () => {
  it('are at most 3 % above the checked-in figures, and too many where each record is copied once', {
    timeout: TIMEOUT,
  }, async () => {
    // One process, since most of its time is the start of Node.
    const { 'point-with-copies': copying, ...measured } = await countInstructions(findNode(node), [
      ...WITHOUT_FRAMEWORKS,
      'point-with-copies',
    ])

    const { faults, hints } = compare('instructions', figures, measured)
    const ofCopies = compare('instructions', { point: figures.point }, { point: copying })
    for (const hint of hints) console.log(hint)
    expect(faults).toEqual([])
    expect(ofCopies.faults).toHaveLength(1)
  })
})
