import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { compare, FUNCTION_WAYS, type WayToTrace } from './ways-to-trace.js'

type Task = (...args: never[]) => unknown
type Callback = (error: Error | null, result?: unknown) => void
interface AsyncLibrary {
  map(values: readonly number[], task: Task): Promise<number[]>
  mapLimit(values: readonly number[], limit: number, task: Task): Promise<number[]>
  filter(values: readonly number[], task: Task): Promise<number[]>
  reduce(values: readonly number[], memo: number, task: Task): Promise<number>
  waterfall(tasks: readonly Task[]): Promise<unknown>
  parallel(tasks: Record<string, Task>): Promise<unknown>
  auto(tasks: Record<string, unknown>): Promise<unknown>
  autoInject(tasks: Record<string, unknown>): Promise<unknown>
  retry(options: object, task: Task): Promise<unknown>
  queue(task: Task, concurrency: number): { push(value: number): Promise<unknown>; drain(): Promise<void> }
  memoize(task: Task): (value: number, done: Callback) => void
  timeout(task: Task, ms: number): Task
  asyncify(task: Task): (value: number, done: Callback) => void
  reflect(task: Task): (done: Callback) => void
}

// The library checks whether a function is an AsyncFunction, and passes a callback to any other function.
const library = createRequire(import.meta.url)('async') as AsyncLibrary

const PROGRAMS: Record<string, (wrap: WayToTrace['wrap']) => unknown> = {
  'map with an async function': wrap =>
    library.map(
      [1, 2],
      wrap(async (value: number) => value + 1),
    ),

  'map with a callback': wrap => {
    return library.map(
      [1, 2],
      wrap((value: number, done: Callback) => setImmediate(done, null, value + 1)),
    )
  },

  'mapLimit, filter and reduce': async wrap => [
    await library.mapLimit(
      [1, 2, 3],
      2,
      wrap(async (value: number) => value * 2),
    ),
    await library.filter(
      [1, 2, 3],
      wrap(async (value: number) => value % 2 === 1),
    ),
    await library.reduce(
      [1, 2, 3],
      0,
      wrap(async (sum: number, value: number) => sum + value),
    ),
  ],

  'waterfall of async functions and callbacks': wrap =>
    library.waterfall([
      wrap(async () => 1),
      wrap((value: number, done: Callback) => done(null, value + 1)),
      wrap(async (value: number) => ({ value })),
    ]),

  'parallel and auto': async wrap => [
    await library.parallel({ one: wrap(async () => 1), two: wrap((done: Callback) => done(null, 2)) }),
    await library.auto({
      first: wrap(async () => 1),
      second: ['first', wrap(async ({ first }: { first: number }) => first + 1)],
    }),
  ],

  'autoInject, which reads the names of parameters': wrap =>
    library.autoInject({
      price: wrap(async () => 3),
      amount: wrap((done: Callback) => done(null, 2)),
      // async must ignore the comment in this parameter list. Together, the tasks include a function of each form.
      total: wrap(async (price: number, /* how many */ amount: number) => price * amount),
      text: wrap(function text(total: number, done: Callback) {
        done(null, `${total} EUR`)
      }),
      sent: wrap((text: string, done: Callback) => done(null, `sent ${text}`)),
    }),

  'retry of an async function': async wrap => {
    let attempts = 0
    const task = wrap(async () => {
      if (++attempts < 3) throw new Error('not yet')
      return attempts
    })
    return library.retry({ times: 4, interval: 0 }, task)
  },

  'queue, whose worker is async': async wrap => {
    const done: number[] = []
    const queue = library.queue(
      wrap(async (value: number) => {
        done.push(value)
        if (value === 2) throw new Error('no second')
        return value
      }),
      1,
    )
    const settled = await Promise.allSettled([1, 2, 3].map(value => queue.push(value)))
    return [done, settled.map(({ status }) => status)]
  },

  'memoize, timeout, asyncify and reflect': async wrap => {
    let calls = 0
    const memoized = library.memoize(wrap(async (value: number) => value + ++calls))
    const call = (fn: (value: number, done: Callback) => void, value: number) =>
      new Promise(resolve => fn(value, (error, result) => resolve([error?.message, result])))
    const reflected = library.reflect(wrap(async () => Promise.reject(new Error('no'))))
    return [
      await call(memoized, 1),
      await call(memoized, 1),
      calls,
      await call(library.asyncify(wrap((value: number) => value + 1)), 4),
      await call(
        library.timeout(
          wrap(async (value: number) => value),
          1_000,
        ) as never,
        5,
      ),
      await new Promise(resolve => reflected((error, result) => resolve([error, result]))),
    ]
  },
}

describe.each(Object.entries(PROGRAMS))('async: %s', (_, program) => {
  it.each(FUNCTION_WAYS)('behaves the same whether it is untraced or traced with $name', async way => {
    const { untraced, outside, inside, points } = await compare(way, ({ wrap }) => program(wrap))

    expect(outside).toEqual(untraced)
    expect(inside).toEqual(untraced)
    expect(points).toBeGreaterThan(0)
  })
})
