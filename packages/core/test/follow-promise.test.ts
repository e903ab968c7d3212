import { setTimeout as sleep } from 'node:timers/promises'
import {
  bind,
  clean,
  createTraceId,
  run,
  setNotifier,
  type TraceRecord,
  trace,
  traceClass,
  withTrace,
} from '@osprofiler/core'
import { createRunTraced } from '@osprofiler/rpc'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { signedHeaders } from './fixtures/fake-exchange.js'
import { infoOf, outline, traceRecords } from './fixtures/trace-records.js'

const turn = () => new Promise(resolve => setImmediate(resolve))

class Own<T> extends Promise<T> {}
class OtherSpecies<T> extends Promise<T> {
  static override get [Symbol.species]() {
    return Promise
  }
}

const failure = () => new Error('backend is down')

/**
 * Kinds of rejected promises: how a function makes the promise, how the program uses the promise, and whether the trace
 * can show the reason of the rejection.
 */
const KINDS: Record<string, { make(): Promise<unknown>; use?(promise: Promise<unknown>): unknown; reason?: boolean }> =
  {
    'an awaited rejection': { make: async () => Promise.reject(failure()), use: ignore, reason: true },
    'a rejection after some time': {
      async make() {
        await turn()
        throw failure()
      },
      use: ignore,
      reason: true,
    },
    'a rejection that is handled two ticks later': {
      make: async () => Promise.reject(failure()),
      async use(promise) {
        await null
        await null
        await ignore(promise)
      },
      reason: true,
    },
    'an awaited rejection from a function that calls clean()': {
      async make() {
        clean()
        throw failure()
      },
      use: ignore,
      reason: true,
    },
    'a rejection from a function that calls clean(), handled two ticks later': {
      async make() {
        clean()
        throw failure()
      },
      async use(promise) {
        await null
        await null
        await ignore(promise)
      },
      reason: true,
    },
    'a rejection that the function itself handles and that is never awaited': {
      make() {
        const loading = Promise.reject(failure())
        loading.catch(() => {})
        return loading
      },
    },
    'an unhandled rejection': { make: () => Promise.reject(failure()) },
    'an unhandled rejection after some time': {
      async make() {
        await turn()
        throw failure()
      },
    },
    // The function stays pending for longer than the tracer waits before it observes an unhandled promise.
    'an unhandled rejection from a function that was pending for a long time': {
      async make() {
        await sleep(150)
        await undefined
        throw failure()
      },
      use: () => sleep(300),
    },
    'an unhandled rejection after various asynchronous work': {
      async make() {
        for (let i = 0; i < 40; i++) await null
        await Promise.race([sleep(3), new Promise(() => {})])
        for await (const one of createSteps()) await one
        await null
        throw failure()
      },
      use: () => sleep(100),
    },
    'an unhandled rejection of a class derived from Promise': { make: () => Own.reject(failure()) },
    'an awaited rejection of a class derived from Promise': { make: () => Own.reject(failure()), use: ignore },
    'a rejection of a derived class with a different Symbol.species': {
      make: () => OtherSpecies.reject(failure()),
      use: ignore,
    },
    'a rejection of a promise with own properties': {
      make: () => Object.assign(Promise.reject(failure()), { json: () => 1 }),
      use: ignore,
      reason: true,
    },
    'a rejection that only finally() waits for': {
      make: async () => Promise.reject(failure()),
      use: promise => ignore(promise.finally(() => {})),
      reason: true,
    },
    'a rejection in Promise.all': {
      make: async () => Promise.reject(failure()),
      use: promise => ignore(Promise.all([promise])),
      reason: true,
    },
    'a rejection that another promise adopts': {
      make: async () => Promise.reject(failure()),
      use: promise => ignore((async () => promise)()),
      reason: true,
    },
  }

const WAYS: Record<string, (make: () => unknown) => () => unknown> = {
  'trace()': make => trace('step')(make),
  'trace() of a bound function': make => () => trace('step')(bind(make))(),
  'withTrace()': make => () => withTrace('step', make),
  'a traced method': make => {
    class Step {
      go() {
        return make()
      }
    }
    const step = new (traceClass('step')(Step))()
    return () => step.go()
  },
}

async function* createSteps() {
  yield 1
  await sleep(3)
  yield 2
}

async function ignore(promise: PromiseLike<unknown>): Promise<void> {
  try {
    await promise
  } catch {
    // Does nothing, like a program that expects the rejection.
  }
}

/**
 * Returns what a program can observe of a promise: unhandled rejections, and the number of microtask ticks until the
 * program has used the promise.
 */
async function observe(call: () => unknown, use: (promise: Promise<unknown>) => unknown) {
  const seen: unknown[] = []
  let promise: unknown
  const unhandled = (reason: Error, of: unknown) => seen.push(['unhandled', reason.message, of === promise])
  const before = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', unhandled)
  let ticks = 0
  let counting = true
  async function count() {
    // The number of ticks is limited, because an endless chain of microtasks would block the event loop.
    for (; counting && ticks < 50; ticks++) await null
  }

  promise = call()
  count()
  await use(promise as Promise<unknown>)
  counting = false
  seen.push(`${ticks} ticks`)
  await turn()
  await turn()
  process.off('unhandledRejection', unhandled)
  for (const listener of before) process.on('unhandledRejection', listener)
  return seen
}

let baseId: string

/**
 * Collects only the records of this test's trace, because an unawaited promise of an earlier test may still end its
 * point.
 */
function listen(): TraceRecord[] {
  const records: TraceRecord[] = []
  setNotifier(record => record.base_id === baseId && records.push(record))
  return records
}

beforeEach(() => {
  baseId = createTraceId()
})
afterEach(() => setNotifier(undefined))

describe.each(Object.entries(WAYS))('%s', (_way, wrap) => {
  it.each(Object.entries(KINDS))(
    'does not change how a program sees %s',
    async (_kind, { make, use = () => {}, reason }) => {
      const plain = await observe(make, use)
      const records = listen()

      const traced = await run({ hmacKey: 'KEY', baseId: baseId }, () => observe(wrap(make), use))
      await expect.poll(() => records.filter(({ name }) => name === 'step-stop').length).toBe(1)

      expect(traced).toEqual(plain)
      expect(infoOf(records, 'step-stop')).toMatchObject(
        reason
          ? { etype: 'Error', message: 'backend is down' }
          : { etype: 'PromiseRejected', message: 'The promise was rejected, for a reason that could not be read' },
      )
    },
  )

  it("returns the function's own promise at each call", async () => {
    const memoized = Promise.resolve(1)
    const call = wrap(() => memoized)

    await traceRecords(() => {
      expect(call()).toBe(memoized)
      expect(call()).toBe(memoized)
    })
  })

  it('stops the point of a promise when the promise settles, not when it is awaited', async () => {
    const call = wrap(async () => {
      await turn()
      return { large: true }
    })

    const records = await traceRecords(async () => {
      const promise = call()
      await turn()
      await withTrace('other', () => new Promise(resolve => setTimeout(resolve, 50)))
      await promise
    })

    const [stop, otherStop] = ['step-stop', 'other-stop'].map(name => records.find(record => record.name === name))
    expect(String(stop?.timestamp) < String(otherStop?.timestamp)).toBe(true)
  })

  it('stops the point of each call if several calls return the same promise', async () => {
    const shared = turn()
    const call = wrap(() => shared)

    const records = await traceRecords(() => Promise.all([call(), call(), call()]))

    expect(outline(records)).toBe('step step step')
  })
})

/** Returns how often `Promise[Symbol.species]` is read while a function runs. */
async function countSpecies(fn: () => Promise<unknown>): Promise<number> {
  let asked = 0
  const species = Object.getOwnPropertyDescriptor(Promise, Symbol.species) as PropertyDescriptor
  Object.defineProperty(Promise, Symbol.species, {
    configurable: true,
    get() {
      asked++
      return this
    },
  })
  try {
    await fn()
    await null
  } finally {
    Object.defineProperty(Promise, Symbol.species, species)
  }
  return asked
}

describe('a program that replaces Promise[Symbol.species]', () => {
  it('sees the same number of reads with and without a trace', async () => {
    const load = async () => 'loaded'
    const traced = trace('load')(load)
    listen()

    // The first call loads modules and is not counted.
    await countSpecies(load)
    const before = await countSpecies(load)
    const asked = await countSpecies(() => run({ hmacKey: 'KEY', baseId }, traced))

    expect(asked).toBe(before)
  })
})

describe('a promise without a handler', () => {
  it('ends its point at once when the promise is fulfilled with undefined', async () => {
    const records = listen()

    run({ hmacKey: 'KEY', baseId: baseId }, () => {
      trace('audit')(async () => turn())()
    })

    await expect.poll(() => records.map(({ name }) => name), { interval: 1 }).toEqual(['audit-start', 'audit-stop'])
  })

  it('records no result if the value could not be read', async () => {
    const records = listen()

    run({ hmacKey: 'KEY', baseId: baseId }, () => {
      trace('audit', { hideResult: false })(async () => ({ found: 1 }))()
    })

    await expect.poll(() => records.map(({ name }) => name)).toContain('audit-stop')
    expect(infoOf(records, 'audit-stop')).not.toHaveProperty('function')
  })

  it('causes no additional reads of the properties of its value', async () => {
    let reads = 0
    const read = () => {
      reads++
      return undefined
    }
    const value = {}
    for (const name of ['anything', 'then']) Object.defineProperty(value, name, { get: read, enumerable: true })
    const records = listen()

    run({ hmacKey: 'KEY', baseId: baseId }, () => {
      withTrace('step', () => new Promise(resolve => resolve(value)))
    })
    const readByPromise = reads
    await expect.poll(() => records.map(({ name }) => name)).toContain('step-stop')

    expect(reads).toBe(readByPromise)
  })
})

describe('a promise that several calls return', () => {
  it('stops the points of all calls, even if the program changes the prototype of the promise meanwhile', async () => {
    const records = listen()
    let settle: ((reason: unknown) => void) | undefined
    const shared = new Promise((_resolve, reject) => {
      settle = reject
    })
    const call = trace('step')(() => shared)

    await run({ hmacKey: 'KEY', baseId }, async () => {
      const handled = ignore(call() as Promise<unknown>)
      Object.setPrototypeOf(shared, null)
      call()
      call()
      settle?.(failure())
      await handled
    })

    await expect.poll(() => records.filter(({ name }) => name === 'step-stop').length).toBe(3)
  })
})

describe('a thenable', () => {
  it('is treated as a plain value, and its `then` is not called', async () => {
    let asked = 0
    const query = Object.defineProperty({}, 'then', {
      value(resolve: (value: number) => void) {
        asked++
        resolve(1)
      },
    })

    const records = await traceRecords(() => {
      withTrace('build', () => query)
    })

    expect(asked).toBe(0)
    expect(outline(records)).toBe('build')
  })
})

describe('the runner of createRunTraced()', () => {
  it('returns the promise of the handler, even if the handler itself handles the rejection', async () => {
    const serve = createRunTraced('KEY')
    const loading = Promise.reject(failure())
    loading.catch(() => {})
    const records = listen()

    const returned = serve(signedHeaders('KEY', baseId), () => loading)

    expect(returned).toBe(loading)
    await expect.poll(() => records.map(({ name }) => name)).toEqual(['rpc-start', 'rpc-stop'])
  })
})
