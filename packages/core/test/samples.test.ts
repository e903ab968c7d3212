import { describe, expect, it } from 'vitest'
import { type Ran, readSamples } from '../src/why/account/samples.js'
import { createSites } from '../src/why/account/sites.js'
import { createSlices } from '../src/why/account/slices.js'
import type { CpuProfile, ProfileNode } from '../src/why/recording/recording.js'
import { nodeOf, profileOf, recordingOf } from './fixtures/recordings.js'

const PROGRAM = '/srv/shop/orders.js'
const LIBRARY = '/srv/shop/node_modules/@scope/template/index.js'
const OWN = '/srv/shop/node_modules/@osprofiler/core/dist/index.js'

function read(profile: CpuProfile | undefined, monotonicOffset = 0) {
  const slices = createSlices()
  return readSamples(recordingOf({ profile, monotonicOffset }), createSites(slices), slices)
}

/** Returns the code that ran in the innermost function of a stack. Each function is a name and a URL. */
async function readStack(...stack: readonly (readonly [name: string, url: string])[]): Promise<Ran | undefined> {
  const nodes = stack.map(([name, url], at) => nodeOf(at, name, url, at === 0 ? {} : { children: [at - 1] }))
  const { ran } = await read(profileOf(nodes, [[1, 0]]))
  return ran[0]
}

describe('the samples', () => {
  it('are missing without a profile', async () => {
    expect(await read(undefined)).toEqual({ times: [], ran: [] })
  })

  it('are missing in a profile without samples', async () => {
    expect(await read({ nodes: [], startTime: 0 })).toEqual({ times: [], ran: [] })
  })

  it('have times of performance.now()', async () => {
    const profile = profileOf(
      [nodeOf(1, '(idle)')],
      [
        [0, 1],
        [1.5, 1],
        [4, 1],
      ],
    )

    expect((await read(profile, 250)).times).toEqual([750, 751.5, 754])
  })

  it('are in order of time, even if intervals are negative', async () => {
    const profile = profileOf(
      [nodeOf(1, '(idle)')],
      [
        [0, 1],
        [5, 1],
        [3, 1],
        [6, 1],
      ],
    )

    expect((await read(profile)).times).toEqual([1_000, 1_005, 1_005, 1_006])
  })

  it('keep their times if a sample has an unknown function', async () => {
    const profile = profileOf(
      [nodeOf(1, '(idle)')],
      [
        [1, 1],
        [2, 99],
        [3, 1],
      ],
    )

    const { times, ran } = await read(profile)

    expect(times).toEqual([1_001, 1_003])
    expect(ran).toHaveLength(2)
  })

  it('share one description for each function', async () => {
    const profile = profileOf(
      [nodeOf(1, 'sum', PROGRAM)],
      [
        [1, 1],
        [2, 1],
      ],
    )

    const { ran } = await read(profile)

    expect(ran[0]).toBe(ran[1])
    expect(ran[0]?.own).toBe(0)
  })
})

describe('a sample', () => {
  it.each([
    ['(idle)', 'idle'],
    ['(program)', 'native'],
    ['(root)', 'native'],
    ['(garbage collector)', 'gc'],
  ])('of %s is of the kind %s and has no cause', async (name, kind) => {
    expect(await readStack([name, ''])).toMatchObject({ kind, cause: undefined, isNode: false, isLeaf: false })
  })

  it('of a function of the program names this function', async () => {
    const ran = await readStack(['sum', PROGRAM], ['serve', PROGRAM])

    expect(ran).toMatchObject({ kind: 'code', isNode: false, isLeaf: true })
    expect(ran?.cause).toEqual({ kind: 'cpu', function: 'sum', file: 'orders.js', line: 10, via: undefined })
  })

  it('of a library names the function of the program that called the library, and the library', async () => {
    const ran = await readStack(['escape', LIBRARY], ['render', LIBRARY], ['showOrders', PROGRAM])

    expect(ran).toMatchObject({ isNode: false, isLeaf: false })
    expect(ran?.cause).toMatchObject({
      kind: 'cpu',
      function: 'showOrders',
      file: 'orders.js',
      via: '@scope/template',
    })
  })

  it('of a library that no function of the program called names the library function', async () => {
    const ran = await readStack(['escape', LIBRARY], ['processTicksAndRejections', 'node:internal/process/task_queues'])

    expect(ran).toMatchObject({ isNode: false, isLeaf: true })
    expect(ran?.cause).toMatchObject({
      kind: 'cpu',
      function: 'escape',
      file: 'node_modules/@scope/template/index.js',
      via: undefined,
    })
  })

  it('of code without a file names the function of the program that called this code', async () => {
    expect(await readStack(['replace', ''], ['inner', 'evalmachine.<anonymous>'], ['sum', PROGRAM])).toMatchObject({
      isLeaf: false,
      cause: { kind: 'cpu', function: 'sum' },
    })
  })

  it.each([
    ['emit', 'node:events'],
    ['', ''],
  ])('of Node, with no other code on the stack, has only the name of the function: %j in %j', async (name, url) => {
    const ran = await readStack([name, url])

    expect(ran).toMatchObject({ kind: 'code', isNode: true, isLeaf: false })
    expect(ran?.cause).toEqual({ kind: 'cpu', function: name || '(anonymous)' })
  })

  it('has a short name even for evaluated code with a very long name', async () => {
    const ran = await readStack(['x'.repeat(1_000), ''])

    expect(ran?.cause?.function).toBe(`${'x'.repeat(200)}...`)
  })
})

describe('a sample of a synchronous call', () => {
  it.each([
    ['readFileSync', 'node:fs'],
    ['spawnSync', 'node:internal/child_process'],
    ['processChunkSync', 'node:zlib'],
    ['pbkdf2Sync', 'node:internal/crypto/pbkdf2'],
  ])('names the call %s and its caller', async (name, url) => {
    const ran = await readStack(['read', ''], ['tryRead', 'node:fs'], [name, url], ['loadConfig', PROGRAM])

    expect(ran?.cause).toEqual({ kind: 'sync', what: name, function: 'loadConfig', file: 'orders.js', line: 10 })
  })

  it('names the outermost of several synchronous calls', async () => {
    expect(
      await readStack(
        ['spawnSync', 'node:internal/child_process'],
        ['execSync', 'node:child_process'],
        ['run', PROGRAM],
      ),
    ).toMatchObject({ cause: { kind: 'sync', what: 'execSync', function: 'run' } })
  })

  it.each([
    ['a function of the program', 'flushSync', PROGRAM],
    ['a function of Node that does not block', 'runInAsyncScopeSync', 'node:async_hooks'],
  ])('is CPU time if the call is %s', async (_, name, url) => {
    expect((await readStack([name, url], ['run', PROGRAM]))?.cause?.kind).toBe('cpu')
  })

  it('is CPU time if the call only called back into a library', async () => {
    expect((await readStack(['escape', LIBRARY], ['eachSync', 'node:fs'], ['run', PROGRAM]))?.cause).toMatchObject({
      kind: 'cpu',
      via: '@scope/template',
    })
  })
})

describe('a sample of this project', () => {
  it('is the work of OSProfiler', async () => {
    expect((await readStack(['record', OWN], ['serve', PROGRAM]))?.cause).toEqual({ kind: 'osprofiler' })
  })

  it('belongs to the program if this project only passes a call on to a library', async () => {
    expect((await readStack(['query', LIBRARY], ['traced', OWN], ['serve', PROGRAM]))?.cause).toMatchObject({
      kind: 'cpu',
      function: 'serve',
      via: '@scope/template',
    })
  })
})

describe('a deep stack', () => {
  it('is searched up to its outermost function', async () => {
    const depth = 5_000
    const nodes: ProfileNode[] = Array.from({ length: depth }, (_, at) =>
      nodeOf(at, at === 0 ? 'serve' : 'next', at === 0 ? PROGRAM : 'node:events', { children: [at + 1] }),
    )

    const { ran } = await read(profileOf(nodes, [[1, depth - 1]]))

    expect(ran[0]?.cause).toMatchObject({ function: 'serve', file: 'orders.js' })
  })
})
