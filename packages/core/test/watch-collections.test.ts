import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Collection } from '../src/why/recording/recording.js'
import { watchCollections } from '../src/why/recording/watch-collections.js'

let collectGarbage: () => void
beforeAll(() => {
  setFlagsFromString('--expose-gc')
  collectGarbage = runInNewContext('gc')
})
afterEach(() => void vi.restoreAllMocks())

/** The kind of a collection of the whole heap, from `constants.NODE_PERFORMANCE_GC_MAJOR` of `perf_hooks`. */
const MAJOR = 4
const nextTurn = (): Promise<void> => new Promise(setImmediate)

describe('watchCollections', () => {
  it('reports each garbage collection with its time and its kind', async () => {
    const seen: Collection[] = []
    const stop = watchCollections(list => seen.push(...list))
    const startedAt = performance.now()
    collectGarbage()
    const endedAt = performance.now()
    await nextTurn()
    await nextTurn()
    stop()

    const major = seen.find(({ kind, from }) => kind === MAJOR && from >= startedAt - 1)
    expect(major?.to).toBeGreaterThan(major?.from ?? Number.NaN)
    expect(major?.to).toBeLessThan(endedAt + 1)
  })

  it('reports nothing after it is stopped', async () => {
    const seen: Collection[] = []
    const stop = watchCollections(list => seen.push(...list))
    stop()
    seen.length = 0

    collectGarbage()
    await nextTurn()
    await nextTurn()

    expect(seen).toEqual([])
  })

  it.each(['missing', 'broken'])('reports nothing, and does not throw, if the module perf_hooks is %s', state => {
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(() => {
      if (state === 'broken') throw new Error('No such module')
      return undefined as never
    })
    const seen: Collection[] = []

    const stop = watchCollections(list => seen.push(...list))
    collectGarbage()
    stop()

    expect(seen).toEqual([])
  })
})
