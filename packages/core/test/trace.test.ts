import { start, trace, withTrace } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { takeUnhandledRejection } from '../../../test/take-unhandled-rejection.js'
import { infoOf, outline, traceRecords } from './fixtures/trace-records.js'

const tick = () => new Promise(resolve => setImmediate(resolve))

describe('a traced function', () => {
  it('records its name and its arguments with each call', async () => {
    const add = trace('sum')(function add(a: number, b: number) {
      return a + b
    })
    const records = await traceRecords(() => {
      expect(add(1, 2)).toBe(3)
    })

    expect(outline(records)).toBe('sum')
    expect(infoOf(records, 'sum-start').function).toEqual({ name: 'add', args: '[1,2]' })
    expect(infoOf(records, 'sum-stop')).not.toHaveProperty('function')
  })

  it('is called directly if nothing is traced', () => {
    expect(trace('sum')((a: number) => a + 1)(1)).toBe(2)
  })

  it('omits its arguments with hideArgs, and records its result without hideResult', async () => {
    const login = trace('login', { hideArgs: true, hideResult: false })(function login(user: string) {
      return { user, token: 'T0KEN' }
    })
    const records = await traceRecords(() => login('ann'))

    expect(infoOf(records, 'login-start').function).toEqual({ name: 'login' })
    expect(infoOf(records, 'login-stop').function).toEqual({ result: '{"user":"ann","token":"***"}' })
  })

  it('records a copy of its info option with each call', async () => {
    const info = { kind: 'test', list: [1] }
    const f = trace('f', { info })(() => 1)
    const records = await traceRecords(() => {
      f()
      info.list.push(2)
      f()
    })

    const [first, , second] = records
    expect(first?.info).toMatchObject({ kind: 'test', list: [1] })
    expect(second?.info).toMatchObject({ kind: 'test', list: [1, 2] })
    expect(first?.info).not.toBe(second?.info)
    expect(info).toEqual({ kind: 'test', list: [1, 2] })
  })

  it('does not run getters of its info option', async () => {
    let read = 0
    const info = Object.defineProperty({}, 'hostile', {
      enumerable: true,
      get() {
        read++
        throw new Error('hostile')
      },
    })
    const f = trace('f', { info })(() => 'value')
    let returned: unknown
    const records = await traceRecords(() => {
      returned = f()
    })

    expect(returned).toBe('value')
    expect(read).toBe(0)
    expect(infoOf(records, 'f-start')).toMatchObject({ hostile: '[Getter]', function: { name: '<anonymous>' } })
  })

  it('keeps the name, length, `this`, properties and prototype of the original function', async () => {
    function Shape(this: { side: number }, side: number) {
      this.side = side
    }
    const original = Object.assign(Shape, { default: 1, [Symbol.for('mark')]: 2 })
    const traced = trace('shape')(original) as unknown as typeof original & (new (side: number) => { side: number })
    await traceRecords(() => {
      const made = new traced(3)

      expect(made).toBeInstanceOf(Shape)
      expect(made.side).toBe(3)
    })

    expect(traced.name).toBe('Shape')
    expect(traced.length).toBe(1)
    expect(traced.default).toBe(1)
    expect(Reflect.get(traced, Symbol.for('mark'))).toBe(2)
    expect(traced.prototype).toBe(Shape.prototype)
  })

  it('can be a sloppy-mode, bound, frozen or native function', async () => {
    const sloppy = new Function('a', 'return this === globalThis') as () => boolean
    const bound = function (this: number, a: number) {
      return this + a
    }.bind(40)
    const frozen = Object.freeze(() => 'frozen')
    await traceRecords(() => {
      expect(trace('f')(sloppy)()).toBe(true)
      expect(trace('f')(bound)(2)).toBe(42)
      expect(trace('f')(frozen)()).toBe('frozen')
      expect(trace('f')(Math.max)(1, 3, 2)).toBe(3)
    })
  })

  it('ends its point when its promise settles, and nests the points of its calls', async () => {
    const inner = trace('inner')(async () => {
      await tick()
    })
    const outer = trace('outer')(async () => {
      await Promise.all([inner(), inner()])
    })
    const records = await traceRecords(() => Promise.all([outer(), outer()]))

    expect(outline(records)).toBe('outer(inner inner) outer(inner inner)')
  })

  it('records its errors', async () => {
    const fail = trace('fail')(function fail() {
      throw new RangeError('out of range')
    })
    const reject = trace('reject')(async function reject() {
      await tick()
      throw 'a text'
    })
    const records = await traceRecords(async () => {
      expect(fail).toThrow(RangeError)
      await expect(reject()).rejects.toBe('a text')
    })

    expect(infoOf(records, 'fail-stop')).toMatchObject({ etype: 'RangeError', message: 'out of range' })
    expect(infoOf(records, 'reject-stop')).toMatchObject({ etype: 'string', message: 'a text' })
  })

  it('redacts arguments by the names of parameters, rest parameters and members', async () => {
    const login = trace('login')(function login(_user: string, _password: string, ..._tokens: string[]) {})
    const options = trace('options')(function options(_: unknown) {})
    const records = await traceRecords(() => {
      login('ann', 'S3CRET', 'S3CRET', 'S3CRET')
      options({ deep: [{ 'X-Api-Key': 'S3CRET' }] })
    })

    expect(infoOf(records, 'login-start').function).toMatchObject({ args: '["ann","***","***","***"]' })
    expect(JSON.stringify(records)).not.toContain('S3CRET')
  })

  it('redacts arguments by the names of parameters if it is traced twice', async () => {
    const login = trace('outer')(trace('inner')(function login(_user: string, _password: string) {}))
    const records = await traceRecords(() => login('ann', 'S3CRET'))

    expect(outline(records)).toBe('outer(inner)')
    expect(JSON.stringify(records)).not.toContain('S3CRET')
  })

  it('cannot be traced again with allowMultipleTrace: false, and neither can the original', () => {
    const original = () => 1
    const traced = trace('f')(original)
    const once = trace('f', { allowMultipleTrace: false })

    expect(() => once(traced)).toThrow(TypeError)
    expect(() => once(original)).toThrow(/has been traced 1 times already/)
    expect(() => once(() => 2)).not.toThrow()
    expect(() => trace('f')(traced)).not.toThrow()
  })

  it('must be a function that is not a class, and needs a point name', () => {
    const decorate = trace('f') as (value: unknown) => unknown

    expect(() => decorate(7)).toThrow(TypeError)
    expect(() => decorate(class Cart {})).toThrow(/traceClass/)
    expect(() => trace('')).toThrow(TypeError)
    expect(() => trace(undefined as never)).toThrow(TypeError)
  })

  it.each([
    [{ hide_args: true }, 'trace() has no option "hide_args". Known: info, hideArgs, hideResult, allowMultipleTrace.'],
    [{ hideArgs: 'yes' }, 'hideArgs must be of type boolean, not string'],
    [null, 'trace() takes its options as an object'],
  ])('accepts neither unknown options nor options of the wrong type: %j', (options, message) => {
    expect(() => trace('f', options as never)).toThrow(new TypeError(message))
  })
})

describe('a traced generator', () => {
  it('has a point that lasts from its first step to its last step', async () => {
    const count = trace('count')(function* count(to: number) {
      for (let n = 1; n <= to; n++) {
        withTrace(`step${n}`, () => {})
        yield n
      }
      return 'end'
    })
    const seen: unknown[] = []
    const records = await traceRecords(() => {
      const iterator = count(2)
      start('before').stop()
      for (const n of iterator) {
        seen.push(n)
        start(`between${n}`).stop()
      }
    })

    expect(seen).toEqual([1, 2])
    expect(outline(records)).toBe('before count(step1 step2) between1 between2')
  })

  it('forwards values, errors and calls of return() between the program and the generator', async () => {
    const echo = trace('echo')(function* echo(): Generator<unknown, string, unknown> {
      let got: unknown
      for (;;) {
        try {
          got = yield got
        } catch (error) {
          got = `caught ${error}`
        }
      }
    })
    const records = await traceRecords(() => {
      const iterator = echo()

      expect(iterator.next()).toEqual({ value: undefined, done: false })
      expect(iterator.next('a')).toEqual({ value: 'a', done: false })
      expect(iterator.throw('b')).toEqual({ value: 'caught b', done: false })
      expect(iterator.return('c')).toEqual({ value: 'c', done: true })
      expect(iterator.next()).toEqual({ value: undefined, done: true })
    })

    expect(outline(records)).toBe('echo')
  })

  it('ends its point when the loop is left or the generator fails', async () => {
    const endless = trace('endless')(function* () {
      for (;;) yield 1
    })
    const failing = trace('failing')(function* () {
      yield 1
      throw new RangeError('enough')
    })
    const records = await traceRecords(() => {
      for (const _ of endless()) break
      expect(() => [...failing()]).toThrow(RangeError)
    })

    expect(outline(records)).toBe('endless failing')
    expect(infoOf(records, 'endless-stop')).not.toHaveProperty('etype')
    expect(infoOf(records, 'failing-stop')).toMatchObject({ etype: 'RangeError', message: 'enough' })
  })

  it('has no point if no value is requested', async () => {
    const never = trace('never')(function* () {
      yield 1
    })
    const records = await traceRecords(() => {
      never()
      never().return(undefined)
    })

    expect(records).toEqual([])
  })

  it('can be used with yield*', async () => {
    const inner = trace('inner')(function* () {
      yield* [1, 2]
      return 3
    })
    const outer = trace('outer')(function* (): Generator<number> {
      yield yield* inner()
    })
    const seen: number[] = []
    const records = await traceRecords(() => void seen.push(...outer()))

    expect(seen).toEqual([1, 2, 3])
    expect(outline(records)).toBe('outer(inner)')
  })
})

describe('a traced async generator', () => {
  it('has no point if the program leaves it before its first step, and does not handle rejections', async () => {
    const rejected = takeUnhandledRejection()
    const numbers = trace('numbers')(async function* numbers(): AsyncGenerator<number, unknown, unknown> {
      yield 1
      return 0
    })

    const records = await traceRecords(async () => {
      const iterator = numbers()
      iterator.return(0)
      iterator.next()
      iterator.return(Promise.reject(new Error('left')))
    })

    expect(await rejected).toMatchObject({ message: 'left' })
    expect(records).toEqual([])
  })

  it("nests the work of its steps, but not the program's work between them", async () => {
    const pages = trace('pages')(async function* pages() {
      for (const page of [1, 2]) {
        await withTrace(`fetch${page}`, tick)
        yield page
      }
    })
    const records = await traceRecords(async () => {
      for await (const page of pages()) await withTrace(`use${page}`, tick)
    })

    expect(outline(records)).toBe('pages(fetch1 fetch2) use1 use2')
  })

  it('is not confused with another generator that runs at the same time', async () => {
    const pages = trace('pages')(async function* pages(name: string) {
      for (const page of [1, 2, 3]) {
        await withTrace(`${name}${page}`, tick)
        yield page
      }
    })
    const drain = async (name: string) => {
      for await (const _ of pages(name)) await tick()
    }
    const records = await traceRecords(() => Promise.all([drain('a'), drain('b')]))

    expect(outline(records)).toBe('pages(a1 a2 a3) pages(b1 b2 b3)')
  })

  it('ends its point when the loop is left or the generator fails', async () => {
    const endless = trace('endless')(async function* () {
      for (;;) yield await tick()
    })
    const failing = trace('failing')(async function* () {
      yield 1
      throw new RangeError('enough')
    })
    const records = await traceRecords(async () => {
      for await (const _ of endless()) break
      await expect(
        (async () => {
          for await (const _ of failing()) await tick()
        })(),
      ).rejects.toThrow(RangeError)
    })

    expect(outline(records)).toBe('endless failing')
    expect(infoOf(records, 'failing-stop')).toMatchObject({ etype: 'RangeError', message: 'enough' })
  })

  it('is traced even if a plain function returns it', async () => {
    async function* rows() {
      yield await withTrace('row', tick)
    }
    const query = trace('query')(() => rows())
    const records = await traceRecords(async () => {
      for await (const _ of query()) await tick()
    })

    expect(outline(records)).toBe('query(row)')
  })
})
