import { AsyncLocalStorage } from 'node:async_hooks'
import { execFileSync } from 'node:child_process'
import { EventEmitter, on } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { bind, get, start, suppress, withTrace } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { outline, traceRecords } from './fixtures/trace-records.js'

const tick = () => new Promise(resolve => setImmediate(resolve))

function inProcess(program: string): string {
  const imports = `import * as profiler from '@osprofiler/core'; profiler.setNotifier(() => {});`
  return execFileSync(process.execPath, ['--input-type=module', '-e', imports + program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
}

describe('the context', () => {
  it('is kept in timers, microtasks, promises and async iterators', async () => {
    const emitter = new EventEmitter()
    const records = await traceRecords(() =>
      withTrace('outer', async () => {
        await delay(1)
        start('timer').stop()
        await new Promise<void>(resolve =>
          queueMicrotask(() => {
            start('microtask').stop()
            resolve()
          }),
        )
        await new Promise<void>(resolve =>
          process.nextTick(() => {
            start('tick').stop()
            resolve()
          }),
        )
        setImmediate(() => emitter.emit('data', 1))
        for await (const _ of on(emitter, 'data')) {
          start('event').stop()
          break
        }
      }),
    )

    expect(outline(records)).toBe('outer(timer microtask tick event)')
  })

  it('does not affect an AsyncLocalStorage of the program', async () => {
    const own = new AsyncLocalStorage<string>()
    await traceRecords(() =>
      own.run('mine', async () => {
        await withTrace('a', async () => {
          expect(own.getStore()).toBe('mine')
          await tick()
          expect(own.getStore()).toBe('mine')
        })
        suppress(() => expect(own.getStore()).toBe('mine'))
        expect(own.getStore()).toBe('mine')
      }),
    )
  })

  it('enters no AsyncLocalStorage before the first trace', () => {
    const program = `
      import { AsyncLocalStorage } from 'node:async_hooks'
      let entered = 0
      for (const method of ['run', 'enterWith']) {
        const original = AsyncLocalStorage.prototype[method]
        AsyncLocalStorage.prototype[method] = function (...args) { entered++; return original.apply(this, args) }
      }
      profiler.start('a').stop()
      profiler.withTrace('b', () => {})
      profiler.trace('c')(() => {})()
      profiler.suppress(() => {})
      profiler.bind(() => {})()
      profiler.clean()
      profiler.createNotifier({ name: 'x', write: async () => undefined, close: async () => {} })({ name: 'x', info: {} })
      const before = entered
      profiler.run({ hmacKey: 'KEY' }, () => {})
      console.log(before, entered > 0)
    `

    expect(inProcess(program)).toBe('0 true\n')
  })

  it('does not keep the process alive', () => {
    const started = Date.now()
    const out = inProcess(`
      profiler.run({ hmacKey: 'KEY' }, async () => { await null; profiler.start('open') })
      console.log('done')
    `)

    expect(out).toBe('done\n')
    // The context is disabled ten seconds after the last trace. A program that waited until then would take longer than
    // the limit.
    expect(Date.now() - started).toBeLessThan(8_000)
  })
})

describe('suppress', () => {
  it('runs a function, and all work that the function starts, untraced', async () => {
    let returned: unknown
    const records = await traceRecords(async () => {
      start('a')
      returned = suppress(() => {
        start('hidden')
        return withTrace('hidden', () => 5)
      })
      await suppress(async () => {
        await tick()
        start('hidden')
        expect(get()).toBeUndefined()
      })
      start('b')
    })

    expect(returned).toBe(5)
    expect(outline(records)).toBe('a(b)')
  })
})

describe('bind', () => {
  it('keeps the context for callbacks that are called in another context', async () => {
    const callbacks: ((this: unknown, ...args: number[]) => unknown)[] = []
    const records = await traceRecords(() =>
      withTrace('outer', () => {
        callbacks.push(
          bind(function (this: unknown, a: number, b: number) {
            start('bound').stop({ sum: a + b })
            return this
          }),
        )
      }),
    )
    const { setNotifier } = await import('@osprofiler/core')
    setNotifier(record => void records.push(record))
    const receiver = {}

    expect(callbacks[0]?.call(receiver, 1, 2)).toBe(receiver)
    setNotifier(undefined)
    expect(outline(records)).toBe('outer(bound)')
    expect(records.at(-1)?.info).toMatchObject({ sum: 3 })
  })

  it('keeps work untraced if bind() was called outside a trace', async () => {
    const untraced = bind(() => start('hidden').stop())
    const records = await traceRecords(() => {
      untraced()
      start('shown').stop()
    })

    expect(outline(records)).toBe('shown')
  })
})
