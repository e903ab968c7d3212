import {
  clean,
  configure,
  createTraceId,
  get,
  getTraceIdHeaders,
  init,
  run,
  setNotifier,
  signedUnpack,
  start,
  type TraceRecord,
  withTrace,
} from '@osprofiler/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BASE_ID, outline } from './fixtures/trace-records.js'

const tick = () => new Promise(resolve => setImmediate(resolve))
const UUID_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const records: TraceRecord[] = []

beforeEach(() => setNotifier(record => void records.push(record)))

afterEach(() => {
  setNotifier(undefined)
  records.length = 0
})

describe('run', () => {
  it('returns the result of the function, and ends the trace with the function', async () => {
    expect(run({ hmacKey: 'KEY' }, () => 7)).toBe(7)
    await expect(run({ hmacKey: 'KEY' }, async () => 8)).resolves.toBe(8)
    expect(() =>
      run({ hmacKey: 'KEY' }, () => {
        throw new RangeError('x')
      }),
    ).toThrow(RangeError)
    expect(get()).toBeUndefined()
  })

  it('creates a trace with a version 7 UUID, and signs with the given key', () => {
    run({ hmacKey: 'KEY' }, () => {
      const baseId = get()?.baseId
      const { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } = getTraceIdHeaders()

      expect(baseId).toMatch(UUID_7)
      expect(signedUnpack(info, hmac, 'KEY')).toEqual({ baseId, parentId: baseId, hmacKey: 'KEY' })
    })
  })

  it('joins a trace at the given point', () => {
    run({ hmacKey: 'KEY', baseId: 'base', parentId: 'caller' }, () => start('a').stop())

    expect(records[0]).toMatchObject({ base_id: 'base', parent_id: 'caller' })
  })

  it('closes open points only when the promise of the function settles', async () => {
    await run({ hmacKey: 'KEY' }, async () => {
      start('a')
      await tick()
      expect(records).toHaveLength(1)
    })

    expect(records.map(({ name }) => name)).toEqual(['a-start', 'a-stop'])
  })

  it('traces the work that its function started, even after the function has ended', async () => {
    let late = Promise.resolve()
    run({ hmacKey: 'KEY', baseId: 'base' }, () => {
      late = tick().then(() => withTrace('late', () => {}))
    })
    await late

    expect(records.map(({ base_id }) => base_id)).toEqual(['base', 'base'])
  })

  it('keeps simultaneous and nested traces apart', async () => {
    const one = (baseId: string) =>
      run({ hmacKey: 'KEY', baseId }, async () => {
        for (let step = 0; step < 5; step++) await withTrace(baseId, tick)
      })
    await run({ hmacKey: 'KEY', baseId: 'outer' }, () =>
      withTrace('outer', () => Promise.all([one('x'), one('y'), one('z')])),
    )

    for (const { name, base_id } of records) expect(name.startsWith(base_id)).toBe(true)
    expect(records).toHaveLength(32)
  })

  it('calls the function untraced if tracing is disabled', () => {
    const restore = configure({ enabled: false })
    run({ hmacKey: 'KEY' }, () => start('a').stop())
    restore()

    expect(records).toEqual([])
  })

  it.each([
    [{}],
    [{ hmacKey: '' }],
    [{ hmacKey: 7 }],
    [{ hmacKey: 'KEY', baseId: '' }],
    [{ hmacKey: 'KEY', baseId: 'x'.repeat(256) }],
    [{ hmacKey: 'KEY', baseId: 'half \ud800' }],
    [{ hmacKey: 'KEY', parentId: 'x'.repeat(256) }],
    [{ hmacKey: 'KEY', baseId: 'a\nb' }],
    [{ hmacKey: 'KEY', baseId: '\u001b[31mred' }],
    [{ hmacKey: 'KEY', parentId: 'a\u0000' }],
    [{ hmacKey: 'KEY', parentId: '\u202egnorw' }],
  ])('refuses invalid options: %j', options => {
    expect(() => run(options as never, () => 1)).toThrow(TypeError)
  })
})

describe('maxPointsPerTrace of run', () => {
  it.each([
    [Number.NaN, 'maxPointsPerTrace must not be negative or NaN'],
    [-1, 'maxPointsPerTrace must not be negative or NaN'],
    ['7', 'maxPointsPerTrace must be of type number, not string'],
    [{}, 'maxPointsPerTrace must be of type number, not object'],
    [null, 'maxPointsPerTrace must be of type number, not null'],
  ])('is refused if it is invalid: %j', (limit, message) => {
    const options = { maxPointsPerTrace: limit as number }

    expect(() => run({ hmacKey: 'KEY', ...options }, () => 1)).toThrow(new TypeError(message))
    expect(() => init('KEY', options)).toThrow(new TypeError(message))
  })

  it.each([
    [undefined, 'a b c'],
    [Number.POSITIVE_INFINITY, 'a b c'],
    [2, 'a b'],
    [0, ''],
  ])('allows as many points as its value: %s', (maxPointsPerTrace, tree) => {
    run({ hmacKey: 'KEY', baseId: createTraceId(), parentId: BASE_ID, maxPointsPerTrace }, () => {
      for (const name of ['a', 'b', 'c']) start(name).stop()
    })

    expect(outline(records)).toBe(tree)
  })
})

describe('init() and clean()', () => {
  it('begin and end a trace that contains all work of the current async context', async () => {
    await (async () => {
      await null
      expect(init('KEY', { baseId: '019aab00-0000-7000-8000-000000000000' })?.baseId).toBe(get()?.baseId)
      start('a')
      await tick()
      await Promise.all([withTrace('b', tick), withTrace('c', tick)])
      clean()
      start('not traced')
      expect(get()).toBeUndefined()
    })()

    expect(outline(records)).toBe('a(b c)')
  })

  it('keep the first trace of a context if init() is called again', async () => {
    await (async () => {
      await null
      const first = init('KEY', { baseId: 'first' })

      expect(init('OTHER', { baseId: 'second' })).toBe(first)
      expect(get()?.baseId).toBe('first')
      clean()
    })()
  })

  it('do not end a trace that run() began', () => {
    run({ hmacKey: 'KEY', baseId: '019aab00-0000-7000-8000-000000000000' }, () => {
      start('a')
      clean()
      start('not traced')
    })

    expect(outline(records)).toBe('a')
  })

  it('do nothing if there is no trace or tracing is disabled', () => {
    const restore = configure({ enabled: false })

    expect(init('KEY')).toBeUndefined()
    expect(() => clean()).not.toThrow()
    restore()
    expect(() => init('')).toThrow(TypeError)
  })
})
