import { AsyncResource } from 'node:async_hooks'
import { stat } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { StackBudget } from '../src/call-sites/stack-budget.js'
import { createScope, runInScope, suppress, takeContext } from '../src/points/context.js'
import type { Profiler } from '../src/points/profiler.js'
import type { Entry, Section } from '../src/why/recording/recording.js'
import { createSectionRecorder, type SectionRecorder } from '../src/why/recording/section-recorder.js'

const open: SectionRecorder[] = []
afterEach(() => {
  vi.restoreAllMocks()
  for (const recorder of open.splice(0)) recorder.end()
})

/** Records the sections of a request. Ends the recording when `serve` is done. */
async function record(
  serve: (recorder: SectionRecorder) => unknown,
  budget = new StackBudget(),
): Promise<SectionRecorder> {
  const scope = createScope({} as Profiler)
  const recorder = createSectionRecorder(each => each === scope, budget)
  open.push(recorder)
  recorder.enable()
  recorder.begin()
  await runInScope(scope, async () => await serve(recorder))
  recorder.end()
  return recorder
}

const nextTurn = (): Promise<void> => new Promise(resolve => void setImmediate(resolve))
const sleep = (ms: number): Promise<void> => new Promise(resolve => void setTimeout(resolve, ms))
const findSection = ({ sections }: SectionRecorder, type: string): Section | undefined =>
  sections.find(({ entry }) => entry.type === type)
const readStack = (entry: Entry | undefined): string => String(entry?.stack?.stack)

/** Uses the CPU for 2 ms, so that a section is longer than those that are joined with the section before. */
function compute(): void {
  const startedAt = performance.now()
  while (performance.now() - startedAt < 2);
}

/** Calls `fn` in a timer that does not belong to the request. */
function runInOtherCode(fn: () => void): Promise<void> {
  return new Promise(resolve => {
    suppress(() => {
      setTimeout(() => {
        fn()
        resolve()
      }, 1)
    })
  })
}

describe('the first section', () => {
  it('is the code of the request that runs when the recording begins', async () => {
    const recorder = createSectionRecorder(() => true, new StackBudget())
    open.push(recorder)

    const hasHooks = recorder.enable()
    const startedAt = recorder.begin()
    compute()
    recorder.end()
    const endedAt = performance.now()

    expect({ hasHooks, hasFailed: recorder.hasFailed }).toEqual({ hasHooks: true, hasFailed: false })
    expect(recorder.sections).toMatchObject([{ from: startedAt, entry: { type: 'HTTPINCOMINGMESSAGE' } }])
    expect(recorder.sections[0]?.to).toBeGreaterThan(startedAt)
    expect(recorder.sections[0]?.to).toBeLessThanOrEqual(endedAt)
  })

  it('does not contain code that runs after the end of the recording', async () => {
    const recorder = await record(() => nextTurn())
    const before = JSON.stringify([recorder.sections, recorder.turnEnds, recorder.counts])

    await sleep(1)
    recorder.end()

    expect(JSON.stringify([recorder.sections, recorder.turnEnds, recorder.counts])).toBe(before)
  })
})

describe('a section of the request', () => {
  it('has the timer whose callback ran, with its delay and the code that started it', async () => {
    const recorder = await record(async function serveOrders() {
      await new Promise<void>(resolve => {
        setTimeout(() => {
          compute()
          resolve()
        }, 3)
      })
    })

    const section = findSection(recorder, 'Timeout')
    expect(section?.entry.delayMs).toBe(3)
    expect(readStack(section?.entry)).toContain('serveOrders')
    expect(section?.from).toBeGreaterThanOrEqual(section?.entry.initAt ?? Number.NaN)
    expect(section?.to).toBeGreaterThan(section?.from ?? Number.NaN)
  })

  it('has the time at which the promise settled that the section waited for', async () => {
    let release = (): void => undefined
    let settledAt = 0

    const { sections } = await record(async () => {
      const lock = new Promise<void>(resolve => {
        release = resolve
      })
      void runInOtherCode(() => {
        settledAt = performance.now()
        release()
        compute()
      })
      await lock
      compute()
    })

    const ready = sections.find(({ readyAt = 0, from }) => readyAt >= settledAt && from - readyAt >= 2)
    expect(ready).toBeDefined()
  })

  it('has a callback that a library runs later, in the context of other code', async () => {
    let callBack = (): void => undefined

    const recorder = await record(async () => {
      const inContext = takeContext()
      callBack = () => inContext(compute)
      await runInOtherCode(() => callBack())
    })

    expect(findSection(recorder, 'CALLBACK')).toBeDefined()
    expect(findSection(recorder, 'Timeout')).toBeUndefined()
  })

  it('ends while code of others runs inside, and goes on after that code', async () => {
    const others = { from: 0, to: 0 }

    const { sections } = await record(async () => {
      await nextTurn()
      const resource = suppress(() => new AsyncResource('Others'))
      compute()
      resource.runInAsyncScope(() => {
        others.from = performance.now()
        compute()
        others.to = performance.now()
      })
      compute()
    })

    const overlaps = sections.filter(({ from, to }) => from < others.to && to > others.from)
    expect(overlaps).toEqual([])
    expect(sections.some(({ from }) => from >= others.to)).toBe(true)
  })
})

describe('the turns of the event loop', () => {
  it('are recorded in order, also for turns without code of the request', async () => {
    const { turnEnds } = await record(async () => {
      for (let turn = 0; turn < 5; turn++) await suppress(nextTurn)
    })

    expect(turnEnds.length).toBeGreaterThanOrEqual(4)
    expect(turnEnds.toSorted((one, other) => one - other)).toEqual(turnEnds)
  })

  it('have the time of the first callback that is no timer, tick or promise', async () => {
    const { pollEnds } = await record(async recorder => {
      await nextTurn()
      const before = recorder.pollEnds.length
      await new Promise(resolve => void stat('/', resolve))
      expect(recorder.pollEnds.length).toBeGreaterThan(before)
    })

    expect(pollEnds.toSorted((one, other) => one - other)).toEqual(pollEnds)
  })
})

describe('the resources of a request', () => {
  it('are counted, without those of other code', async () => {
    const { counts } = await record(recorder => {
      const { resources } = recorder.counts
      suppress(() => new AsyncResource('Others'))
      const afterOthers = recorder.counts.resources
      new AsyncResource('Own')
      expect([afterOthers - resources, recorder.counts.resources - afterOthers]).toEqual([0, 1])
    })

    expect(counts.stacks).toBeGreaterThan(0)
    expect(counts.stacks).toBeLessThanOrEqual(counts.resources)
  })

  it('have at most 20,000 that are not over', async () => {
    const { counts, hasFailed } = await record(() => {
      for (let count = 0; count < 30_000; count++) void new Promise(() => undefined)
    })

    expect(counts.resources).toBeLessThan(20_100)
    expect(hasFailed).toBe(false)
  })

  it('have no stacks if the time for reading stacks is used up', async () => {
    const { counts } = await record(nextTurn, spentBudget())

    expect(counts.resources).toBeGreaterThan(0)
    expect(counts.stacks).toBe(0)
  })

  it('leave the stack trace limit of the program as it is', async () => {
    const limit = Error.stackTraceLimit

    await record(() => {
      new AsyncResource('Own')
      expect(Error.stackTraceLimit).toBe(limit)
    })

    expect(Error.stackTraceLimit).toBe(limit)
  })
})

describe('a recorder', () => {
  it('has failed if a resource of the program throws, and the program goes on', async () => {
    const hostile = suppress(() => new AsyncResource('Hostile'))
    Object.setPrototypeOf(hostile, new Proxy(AsyncResource.prototype, { has: fail }))
    let result: unknown

    const { hasFailed } = await record(() =>
      runInOtherCode(() => {
        result = hostile.runInAsyncScope(() => 'result')
      }),
    )

    expect(hasFailed).toBe(true)
    expect(result).toBe('result')
  })
})

/** Returns a budget that seems to have begun in the future, so that no time is left. */
function spentBudget(): StackBudget {
  const future = performance.now() + 1_000_000
  const now = vi.spyOn(performance, 'now').mockReturnValue(future)
  const budget = new StackBudget()
  now.mockRestore()
  return budget
}

function fail(): never {
  throw new Error('A hostile resource')
}
