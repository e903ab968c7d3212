import { describe, expect, it } from 'vitest'
import { compareWithFigures } from './costs/compare.js'
import { readFigures } from './costs/figures.js'
import { countBytes } from './costs/measure.js'
import { ALL_WORKLOADS } from './costs/workloads.js'
import { findNode } from './find-node.js'

const { node, bytes: figures } = readFigures()

describe('the bytes that a workload allocates', () => {
  it('are at most 3% above the recorded figures', async () => {
    const { faults, hints } = compareWithFigures('bytes', figures, await countBytes(findNode(node), ALL_WORKLOADS))

    for (const hint of hints) console.log(hint)
    expect(faults).toEqual([])
  })

  it('exceed the recorded figures if each record is copied once', async () => {
    const { 'point-with-copies': point } = await countBytes(findNode(node), ['point-with-copies'])

    const { faults } = compareWithFigures('bytes', { point: figures.point }, { point })

    expect(faults).toEqual([expect.stringMatching(/^"point" takes \d+ bytes, \d+\.\d % above the figure of \d+\./)])
  })
})

describe('a comparison with the recorded figures', () => {
  it('passes silently if a value is at most 3% higher', () => {
    expect(compareWithFigures('bytes', { point: 1_000 }, { point: 1_030 })).toEqual({ faults: [], hints: [] })
  })

  it('fails if a value is more than 3% higher, and says how to raise the figure', () => {
    const { faults, hints } = compareWithFigures('bytes', { point: 1_000 }, { point: 1_031 })

    expect(hints).toEqual([])
    expect(faults).toEqual([
      '"point" takes 1031 bytes, 3.1 % above the figure of 1000. If this is intended, raise the figure: node test/costs/run.js --update',
    ])
  })

  it('passes if a value is more than 3% lower, and says that the figure can be lowered', () => {
    const { faults, hints } = compareWithFigures('instructions', { point: 1_000 }, { point: 960 })

    expect(faults).toEqual([])
    expect(hints).toEqual([
      '"point" takes 960 instructions, 4.0 % below the figure of 1000. Lower the figure: node test/costs/run.js --update',
    ])
  })

  it('fails for a workload without a recorded figure, and for a recorded figure without a workload', () => {
    const { faults } = compareWithFigures('bytes', { gone: 1 }, { added: 1 })

    expect(faults).toEqual([
      '"added" has no figure for its bytes. Write the figure: node test/costs/run.js --update',
      '"gone" has a figure for its bytes, but is not a workload. Remove the figure: node test/costs/run.js --update',
    ])
  })
})
