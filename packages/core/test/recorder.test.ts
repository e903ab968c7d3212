import { createHook } from 'node:async_hooks'
import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { StackBudget } from '../src/call-sites/stack-budget.js'
import { createScope, runInScope } from '../src/points/context.js'
import type { Profiler } from '../src/points/profiler.js'
import { type Recorder, startRecorder } from '../src/why/recording/recorder.js'
import type { Recording } from '../src/why/recording/recording.js'

const started: Recorder[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const recorder of started.splice(0)) await recorder.collect().catch(() => undefined)
})

function start(level: 'waits' | 'cpu' = 'waits', isOwn = () => false, onCut = (_: Recorder): unknown => undefined) {
  const recorder = startRecorder(level, isOwn, new StackBudget(), onCut)
  if (recorder === undefined) throw new Error('This runtime has no async hooks')
  started.push(recorder)
  return recorder
}

/** Records a request. */
async function record(level: 'waits' | 'cpu', serve: () => unknown): Promise<Recording> {
  const recorder = start(level, () => true)
  await runInScope(createScope({} as Profiler), async () => await serve())
  recorder.stop(0)
  return recorder.collect()
}

/**
 * Collects the callbacks of timers with this delay that are set until the returned function is called. So a test can
 * call them at once. The packages use the timers that Node had when they were loaded, which no test can replace.
 */
function watchTimers(delayMs: number): () => readonly (() => void)[] {
  const timers: { readonly _onTimeout: () => void }[] = []
  const hook = createHook({
    init(_id, type, _trigger, resource) {
      if (type === 'Timeout' && Reflect.get(resource, '_idleTimeout') === delayMs) timers.push(resource as never)
    },
  }).enable()
  return () => {
    hook.disable()
    return timers.map(({ _onTimeout }) => _onTimeout)
  }
}

describe('a recording', () => {
  it('has the times, sections and costs of a request', async () => {
    const before = performance.now()

    const recording = await record('waits', () => new Promise(resolve => void setTimeout(resolve, 2)))

    const { startedAt, endedAt, sections, counts, costs, isCut, sampleMs } = recording
    expect(startedAt).toBeGreaterThanOrEqual(before)
    expect(endedAt).toBeGreaterThan(startedAt)
    expect(endedAt).toBeLessThanOrEqual(performance.now())
    expect(sections.length).toBeGreaterThan(0)
    expect(counts.resources).toBeGreaterThan(0)
    expect(Object.keys(costs)).toEqual(['startMs', 'hookMs', 'stopMs'])
    expect({ isCut, sampleMs }).toEqual({ isCut: false, sampleMs: 1 })
  })

  it('knows how far the monotonic clock is from performance.now()', async () => {
    const { monotonicOffset } = await record('waits', () => undefined)

    const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now()
    expect(Math.abs(monotonicOffset - offset)).toBeLessThan(60_000)
  })

  it.each([
    ['waits', false],
    ['cpu', true],
  ] as const)('of the level %s has a CPU profile: %s', async (level, hasProfile) => {
    const { profile } = await record(level, () => undefined)

    expect(profile !== undefined).toBe(hasProfile)
  })

  it('has the events of the thread pool', async () => {
    const { poolEvents } = await record('waits', () => promisify(pbkdf2)('a', 'b', 1_000, 64, 'sha512'))

    expect(poolEvents.filter(({ name }) => name === 'crypto').map(({ ph }) => ph)).toContain('B')
  })

  it('has the garbage collections', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage: () => void = runInNewContext('gc')

    const { collections, startedAt } = await record('waits', collectGarbage)

    const majors = collections.filter(({ kind, from }) => kind === 4 && from >= startedAt - 1)
    expect(majors.length).toBeGreaterThan(0)
  })

  it('ends when the request ended, even if it is stopped later', async () => {
    const recorder = start()

    const before = performance.now()
    recorder.stop(60_000)
    const after = performance.now()
    const { endedAt } = await recorder.collect()

    expect(endedAt).toBeGreaterThanOrEqual(before - 60_000)
    expect(endedAt).toBeLessThanOrEqual(after - 60_000)
  })

  it('ends only once', async () => {
    const recorder = start()
    recorder.stop(0)
    const before = performance.now()
    await new Promise(setImmediate)

    recorder.stop(0)
    const { endedAt } = await recorder.collect()

    expect(endedAt).toBeLessThanOrEqual(before)
  })

  it('is ended by collect() if nothing else has ended it', async () => {
    const { endedAt, startedAt } = await start().collect()

    expect(endedAt).toBeGreaterThanOrEqual(startedAt)
  })
})

describe('a recorder whose request takes longer than ten seconds', () => {
  it('calls onCut once, and the recording says that it was cut', async () => {
    const cuts: Recorder[] = []
    const takeCallbacks = watchTimers(10_000)
    const recorder = start('waits', undefined, cut => cuts.push(cut))
    const [onTimeout = unexpected] = takeCallbacks()

    onTimeout()
    const cutAt = performance.now()
    onTimeout()
    recorder.stop(0)
    const { isCut, endedAt } = await recorder.collect()

    expect(cuts).toEqual([recorder])
    expect(isCut).toBe(true)
    expect(endedAt).toBeLessThanOrEqual(cutAt)
  })

  it('does not call onCut if the recording has already ended', async () => {
    let cuts = 0
    const takeCallbacks = watchTimers(10_000)
    const recorder = start('waits', undefined, () => cuts++)
    const [onTimeout = unexpected] = takeCallbacks()

    recorder.stop(0)
    onTimeout()
    const { isCut } = await recorder.collect()

    expect({ cuts, isCut }).toEqual({ cuts: 0, isCut: false })
  })
})

describe('a recorder without the inspector', () => {
  it('is denied, and records the sections without samples and events of the thread pool', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(() => {
      throw new Error('Access to this API has been restricted')
    })

    const recorder = start('cpu', () => true)
    const { profile, poolEvents, collections, sections } = await recorder.collect()

    expect(recorder.isDenied).toBe(true)
    expect({ profile, poolEvents, collections }).toEqual({ profile: undefined, poolEvents: [], collections: [] })
    expect(sections).toHaveLength(1)
  })
})

describe('a recorder on a runtime that lacks what it needs', () => {
  it('throws before it connects to the inspector, so no session stays open', () => {
    const loadModule = vi.spyOn(process, 'getBuiltinModule')
    vi.spyOn(process.hrtime, 'bigint').mockImplementation(() => {
      throw new Error('Not implemented')
    })

    expect(() => start('cpu')).toThrow('Not implemented')
    expect(loadModule).not.toHaveBeenCalled()
  })
})

function unexpected(): never {
  throw new Error('The recorder has set no timer')
}
