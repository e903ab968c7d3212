import { spawnSync } from 'node:child_process'
import { get, start, withTrace } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { infoOf, outline, traceRecords } from './fixtures/trace-records.js'

// The tests need objects with a member named `then`. The linter warns of such objects unless the name is in a constant.
const THEN = 'then'
const tick = () => new Promise(resolve => setImmediate(resolve))

describe('withTrace', () => {
  it('stays synchronous around a synchronous function', async () => {
    let returned: unknown
    const records = await traceRecords(() => {
      returned = withTrace('sum', { a: 1 }, () => 1 + 1)
    })

    expect(returned).toBe(2)
    expect(outline(records)).toBe('sum')
    expect(infoOf(records, 'sum-start')).toMatchObject({ a: 1 })
  })

  it('ends its point when the promise settles', async () => {
    const order: string[] = []
    const records = await traceRecords(async () => {
      const work = withTrace('work', async () => {
        await tick()
        order.push('done')
        return 'result'
      })
      order.push('started')
      order.push(await work)
    })

    expect(order).toEqual(['started', 'done', 'result'])
    expect(records.map(({ name }) => name)).toEqual(['work-start', 'work-stop'])
  })

  it('gives points inside Promise.all the right parents', async () => {
    const branch = (name: string) =>
      withTrace(name, async () => {
        await tick()
        await withTrace(`${name}1`, tick)
        await Promise.all([withTrace(`${name}2`, tick), withTrace(`${name}3`, tick)])
      })

    const records = await traceRecords(() => Promise.all([branch('a'), branch('b'), branch('c')]))

    expect(outline(records)).toBe('a(a1 a2 a3) b(b1 b2 b3) c(c1 c2 c3)')
  })

  it('records an error and throws the same object', async () => {
    const error = new TypeError('no such thing')
    const caught: unknown[] = []
    const records = await traceRecords(async () => {
      try {
        withTrace('sync', () => {
          throw error
        })
      } catch (thrown) {
        caught.push(thrown)
      }
      await withTrace('async', () => Promise.reject(error)).catch(thrown => caught.push(thrown))
    })

    expect(caught).toEqual([error, error])
    expect(caught[0]).toBe(error)
    expect(infoOf(records, 'sync-stop')).toMatchObject({ etype: 'TypeError', message: 'no such thing' })
    expect(infoOf(records, 'async-stop')).toMatchObject({ etype: 'TypeError', message: 'no such thing' })
  })

  it('closes the open points inside its point before its own point', async () => {
    const records = await traceRecords(() =>
      withTrace('outer', () => {
        start('left open')
        throw new Error('x')
      }),
    )

    expect(records.map(({ name }) => name)).toEqual(['outer-start', 'left open-start', 'left open-stop', 'outer-stop'])
    expect(infoOf(records, 'left open-stop')).not.toHaveProperty('etype')
  })

  it('restores the surrounding scope after an await', async () => {
    const seen: (string | undefined)[] = []
    const records = await traceRecords(async () => {
      const outer = get()?.traceId
      await withTrace('inner', tick)
      seen.push(outer, get()?.traceId)
    })

    expect(records).toHaveLength(2)
    expect(seen[0]).toBe(seen[1])
  })

  it('calls the function untraced if nothing is traced, and still checks its arguments', () => {
    expect(withTrace('a', () => 'value')).toBe('value')
    expect(() => withTrace('a', { info: 1 } as never)).toThrow(TypeError)
  })

  it('returns the same promise if the promise has own members', async () => {
    const request = Object.assign(tick(), { json: () => 'body' })
    let returned: unknown
    const records = await traceRecords(async () => {
      returned = withTrace('fetch', () => request)
      await request
    })

    expect(returned).toBe(request)
    expect(outline(records)).toBe('fetch')
  })

  it('does not run a lazy thenable, which starts when its `then` is called', async () => {
    let runs = 0
    const query = {
      sql: 'DELETE FROM orders',
      [THEN]: (resolve: (rows: unknown[]) => void) => {
        runs++
        resolve([])
      },
    }
    const records = await traceRecords(() => {
      expect(withTrace('build', () => query)).toBe(query)
    })
    await tick()

    expect(runs).toBe(0)
    expect(outline(records)).toBe('build')
  })

  it('does not run a lazy promise, which starts when it is awaited', async () => {
    let runs = 0
    class Lazy extends Promise<unknown> {
      readonly #work: () => unknown

      constructor(work: () => unknown) {
        super(resolve => resolve(undefined))
        this.#work = work
      }
      override [THEN]<A = unknown, B = never>(
        done?: ((value: unknown) => A | PromiseLike<A>) | null,
        failed?: ((error: unknown) => B | PromiseLike<B>) | null,
      ): Promise<A | B> {
        runs++
        return Promise.resolve(this.#work()).then(done, failed)
      }
    }
    let returned: unknown
    const lazy = new Lazy(() => 'rows')
    const records = await traceRecords(() => {
      returned = withTrace('build', () => lazy)
    })
    await tick()

    expect(returned === lazy).toBe(true)
    expect(runs).toBe(0)
    expect(outline(records)).toBe('build')
  })

  it.each([
    ['an async function', 'async () => { await null; throw new Error("boom") }'],
    ['a rejected promise', '() => Promise.reject(new Error("boom"))'],
  ])('leaves the failure of %s unhandled if the program does not handle it', (_, source) => {
    const program = `
      import { run, setNotifier, withTrace } from '@osprofiler/core'
      setNotifier(() => {})
      process.on('unhandledRejection', error => console.log('unhandled', error.message))
      process.on('rejectionHandled', () => console.log('handled after all'))
      void run({ hmacKey: 'KEY' }, async () => { void withTrace('work', ${source}) })
    `
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    })

    expect(stdout).toBe('unhandled boom\n')
  })

  it('causes no unhandled rejection if the program handles the failure', () => {
    const program = `
      import { run, setNotifier, withTrace } from '@osprofiler/core'
      setNotifier(() => {})
      process.on('unhandledRejection', () => console.log('unhandled'))
      void run({ hmacKey: 'KEY' }, async () => {
        await withTrace('work', async () => { throw new Error('boom') }).catch(() => console.log('caught'))
        await withTrace('work', () => Object.assign(Promise.reject(new Error('boom')), { own: 1 })).catch(() => {})
      })
    `
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    })

    expect(stdout).toBe('caught\n')
  })
})
