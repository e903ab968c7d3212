import { once } from 'node:events'
import { getNotifier, run, setNotifier, start, type TraceRecord } from '@osprofiler/core'
import { afterEach, describe, expect, it, vi } from 'vitest'

const tick = () => new Promise(resolve => setImmediate(resolve))
const warnings: (NodeJS.ErrnoException | undefined)[] = []
process.on('warning', warning => warnings.push(warning))

function trace(name = 'a'): void {
  run({ hmacKey: 'KEY' }, () => start(name).stop())
}

afterEach(() => {
  setNotifier(undefined)
  warnings.length = 0
})

describe("the process's notifier", () => {
  it('receives every record, and can be read with getNotifier()', () => {
    const records: TraceRecord[] = []
    const notifier = (record: TraceRecord) => records.push(record)
    setNotifier(notifier)
    trace()

    expect(getNotifier()).toBe(notifier)
    expect(records.map(({ name }) => name)).toEqual(['a-start', 'a-stop'])
  })

  it('must be a function or undefined', () => {
    expect(() => setNotifier({} as never)).toThrow(TypeError)
    expect(getNotifier()).toBeUndefined()
  })

  it('causes one warning per process if it is missing', async () => {
    const warned = once(process, 'warning')
    trace()
    trace()
    await warned
    await tick()

    expect(warnings.map(warning => warning?.code)).toEqual(['OSPROFILER_NO_NOTIFIER'])
  })

  it('causes one warning if it fails, and the failure does not affect the program', async () => {
    const hostile = new Proxy(
      {},
      Object.fromEntries(
        Reflect.ownKeys(Reflect).map(trap => [
          trap,
          () => {
            throw new Error('trap')
          },
        ]),
      ),
    )
    const named = Object.defineProperty(new Error('x'), 'name', {
      get() {
        throw new Error('hostile')
      },
    })
    const outcomes: (() => unknown)[] = [
      () => {
        throw hostile
      },
      () => {
        throw named
      },
      () => {
        throw Object.assign(new Error('x'), { name: Symbol('odd') })
      },
      () => {
        throw new RangeError('the store is full')
      },
      () => Promise.reject(new Error('later')),
      () => Promise.reject(hostile),
      () =>
        Object.defineProperty({}, 'then', {
          get() {
            throw new Error('no then')
          },
        }),
      () =>
        Object.defineProperty({}, 'then', {
          value: () => {
            throw new Error('failing then')
          },
        }),
      () =>
        Object.defineProperty({}, 'then', { value: (_: unknown, reject: (error: unknown) => void) => reject(named) }),
      () => Object.defineProperty({}, 'then', { value: () => {} }),
      () => hostile,
    ]
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    for (const outcome of outcomes) {
      setNotifier(outcome)
      expect(() => trace()).not.toThrow()
    }
    await tick()
    await tick()
    process.off('unhandledRejection', unhandled)

    expect(unhandled).not.toHaveBeenCalled()
    expect(warnings.map(warning => warning?.code)).toEqual(['OSPROFILER_NOTIFIER_FAILED'])
  })
})
