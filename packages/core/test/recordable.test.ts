import { start, trace, withTrace } from '@osprofiler/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutText } from '../src/platform/cut-text.js'
import { recordable, recordableInfo } from '../src/recording/recordable.js'
import { traceRecords } from './fixtures/trace-records.js'

/** Represents the program's code. Fails the test if the code runs. */
function programCode(): never {
  throw new Error('code of the program was run')
}

const TRAPS: ProxyHandler<() => void> = Object.fromEntries(
  Object.getOwnPropertyNames(Reflect).map(trap => [trap, programCode]),
)

function createHostile(): Record<string, unknown> {
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  return {
    getter: Object.defineProperty({}, 'member', { enumerable: true, get: programCode }),
    element: Object.defineProperty([1, 2], 1, { enumerable: true, get: programCode }),
    proxy: new Proxy(() => {}, TRAPS),
    proxiedArray: new Proxy([], TRAPS as ProxyHandler<object>),
    revoked: revoked.proxy,
    behindProxy: Object.create(new Proxy({}, TRAPS as ProxyHandler<object>), { own: { value: 1, enumerable: true } }),
    toJSON: { toJSON: programCode, toString: programCode, valueOf: programCode, [Symbol.toPrimitive]: programCode },
    iterable: { [Symbol.iterator]: programCode, length: -1 },
    tag: Object.defineProperty({}, Symbol.toStringTag, { get: programCode }),
    date: Object.assign(new Date(NaN), { toISOString: programCode, getTime: programCode }),
    error: Object.defineProperty(new Error('shown'), 'name', { get: programCode }),
    errorMessage: Object.defineProperty(new Error('hidden'), 'message', { get: programCode }),
    url: Object.defineProperty(new URL('http://u:pw@h/'), 'href', { get: programCode }),
    falseUrl: Object.create(URL.prototype),
    constructorless: Object.defineProperty({}, 'constructor', { get: programCode }),
  }
}

describe('an info value', () => {
  it.each([
    ['a string', 'plain', 'plain'],
    ['a number', 1.5, 1.5],
    ['infinity', -Infinity, '-Infinity'],
    ['NaN', NaN, 'NaN'],
    ['a BigInt', 12345678901234567890n, '12345678901234567890'],
    ['a symbol', Symbol('mark'), 'Symbol(mark)'],
    ['a function', () => 1, '[Function]'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an invalid date', new Date(NaN), '[Invalid Date]'],
    ['a regular expression', /a+/g, '[RegExp]'],
    ['a buffer', Buffer.alloc(1e6), '[1000000 bytes]'],
    ['an ArrayBuffer', new ArrayBuffer(8), '[8 bytes]'],
    ['a map', new Map([[1, 2]]), '[Map]'],
    ['a set', new Set([1]), '[Set]'],
    ['a promise', Promise.resolve(1), '[Promise]'],
    ['an error', new RangeError('too far'), 'Error: too far'],
    ['a URL', new URL('http://host/path'), 'http://host/path'],
    ['null', null, null],
    ['a list with holes', [undefined, 1], [null, 1]],
    ['an instance of a class', Object.assign(new (class Row {})(), { id: 1 }), { id: 1 }],
    ['an object without a prototype', Object.assign(Object.create(null), { id: 1 }), { id: 1 }],
    ['a proxy', new Proxy({}, {}), '[Proxy]'],
  ])('is recorded by its type or content: %s', (_, value, recorded) => {
    expect(recordable(value)).toEqual(recorded)
  })

  it('is recorded without undefined members', () => {
    expect(Object.keys(recordable({ a: undefined, b: 1 }) as object)).toEqual(['b'])
  })

  it('contains a mark in place of a cycle, but shows an object that merely appears twice', () => {
    const shared = { id: 1 }
    const cyclic: Record<string, unknown> = { shared, again: shared }
    cyclic.self = cyclic
    cyclic.list = [cyclic]

    expect(recordable(cyclic)).toEqual({
      shared: { id: 1 },
      again: { id: 1 },
      self: '[Circular]',
      list: ['[Circular]'],
    })
  })

  it('is limited in depth, width, length and total size', () => {
    let deep: unknown = 'bottom'
    for (let level = 0; level < 10_000; level++) deep = { deep }
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`member${index}`, index]))
    const bush = (levels: number): unknown =>
      levels === 0 ? 'leaf'.repeat(100) : Array.from({ length: 50 }, () => bush(levels - 1))

    expect(JSON.stringify(recordable(deep))).toBe(`${'{"deep":'.repeat(12)}"[Object]"${'}'.repeat(12)}`)
    expect(Object.keys(recordable(wide) as object)).toHaveLength(101)
    expect(recordable(wide)).toMatchObject({ member99: 99, '...': '[9900 more]' })
    expect(recordable(Array(1e6).fill(0))).toHaveLength(101)
    expect((recordable('x'.repeat(1e6)) as string).length).toBeLessThanOrEqual(10_003)
    expect(JSON.stringify(recordable(bush(3))).length).toBeLessThan(80_000)
    expect(JSON.stringify(recordable({ ['n'.repeat(1e6)]: 1 })).length).toBeLessThan(300)
  })

  it('is cut between characters, and a mark shows the cut', () => {
    expect(cutText('abc', 3)).toBe('abc')
    expect(cutText('abcd', 3)).toBe('abc...')
    expect(cutText('ab\u{1f600}', 3)).toBe('ab...')
    expect(cutText('ab\ufffdcd', 3)).toBe('ab\ufffd...')
  })

  it('keeps __proto__ as a member', () => {
    const recorded = recordable(JSON.parse('{"__proto__": {"polluted": true}, "a": 1}')) as object

    expect(Object.getPrototypeOf(recorded)).toBe(Object.prototype)
    expect(JSON.stringify(recorded)).toBe('{"__proto__":{"polluted":true},"a":1}')
  })

  it('has no lone surrogates in values or names', () => {
    const json = JSON.stringify(recordable({ 'half \ud800': ['\udc00', { x: 'a\ud800' }] }))

    expect(json).toBe('{"half \ufffd":["\ufffd",{"x":"a\ufffd"}]}')
  })

  it("is recorded without running the program's code", () => {
    for (const [name, value] of Object.entries(createHostile())) {
      const recorded = JSON.stringify(recordable(value)) ?? ''

      expect(`${name} ${recorded}`).not.toContain('was run')
      expect(`${name} ${recorded}`).not.toContain('Unreadable')
    }
  })

  it('shows the readable parts of a hostile object', () => {
    expect(recordable(createHostile())).toEqual({
      getter: { member: '[Getter]' },
      element: [1, '[Getter]'],
      proxy: '[Function]',
      proxiedArray: '[Proxy]',
      revoked: '[Proxy]',
      behindProxy: { own: 1 },
      toJSON: { toJSON: '[Function]', toString: '[Function]', valueOf: '[Function]' },
      iterable: { length: -1 },
      tag: {},
      date: '[Invalid Date]',
      error: 'Error: shown',
      errorMessage: 'Error',
      url: 'http://u:***@h/',
      falseUrl: {},
      constructorless: {},
    })
  })

  it('is redacted by name at any depth', () => {
    const info = {
      password: 'S3CRET',
      db: { params: [{ user: { api_key: { nested: 'S3CRET' }, refreshToken: 'S3CRET' } }] },
      headers: { Authorization: 'S3CRET', 'set-cookie': ['S3CRET'], 'X-Api-Key': 'S3CRET', accept: '*/*' },
      clientSecret: 'S3CRET',
      PASSWD: 'S3CRET',
    }

    const recorded = recordable(info)

    expect(JSON.stringify(recorded)).not.toContain('S3CRET')
    expect(recorded).toMatchObject({ password: '***', headers: { accept: '*/*', 'X-Api-Key': '***' } })
  })

  it.each([
    ['postgres://app:S3CRET@db:5432/shop', 'postgres://app:***@db:5432/shop'],
    ['redis://:S3CRET@cache', 'redis://:***@cache'],
    ['failed for amqp://u:S3CRET@mq/v and http://u:S3CRET@h', 'failed for amqp://u:***@mq/v and http://u:***@h'],
    ['https://api/x?page=2&access_token=S3CRET#top', 'https://api/x?page=2&access_token=***#top'],
    ['GET https://api/x?apiKey=S3CRET HTTP/1.1', 'GET https://api/x?apiKey=*** HTTP/1.1'],
    ['https://api/x?pass%77ord=S3CRET;token=S3CRET', 'https://api/x?pass%77ord=***;token=***'],
    ['http://host:80/a@b', 'http://host:80/a@b'],
  ])('is redacted inside a URL: %s', (url, recorded) => {
    expect(recordable({ url })).toEqual({ url: recorded })
    expect(recordable({ error: new Error(url) })).toEqual({ error: `Error: ${recorded}` })
  })

  it('does not show the beginning of a password that was cut off', () => {
    const url = `${'x'.repeat(9_970)} postgres://app:${'S3CRET'.repeat(20)}@db/shop`

    expect(JSON.stringify(recordable({ url }))).not.toContain('S3CRET')
  })
})

describe('an info', () => {
  it.each([
    [undefined, {}],
    [null, {}],
    ['text', { value: 'text' }],
    [[1], { value: [1] }],
    [{ a: 1 }, { a: 1 }],
  ])('is always an object: %j', (given, recorded) => {
    expect(recordableInfo(given)).toEqual(recorded)
  })

  it('is not changed when it is recorded, and each record has its own copy', async () => {
    const info = Object.freeze({ list: Object.freeze([1]) })
    const records = await traceRecords(() => {
      start('a', info).stop(info)
      withTrace('b', info, () => {})
    })

    expect(new Set(records.map(record => record.info)).size).toBe(4)
    expect(records[0]?.info.list).toEqual([1])
    expect(records[0]?.info.list).not.toBe(info.list)
    expect(info).toEqual({ list: [1] })
  })
})

describe('a point', () => {
  const hostile = createHostile()
  // The values are wrapped in functions, because fast-check inspects the values that it generates.
  const anything = fc.oneof(
    fc
      .anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })
      .map(value => () => value),
    fc
      .anything({ withSparseArray: true, withObjectString: true, withNullPrototype: true, withBoxedValues: true })
      .map(value => () => value),
    fc.string({ unit: 'binary' }).map(value => () => value),
    fc.constantFrom(...Object.keys(hostile)).map(name => () => hostile[name]),
  )

  it('never makes the traced program fail, with any info, arguments, result or error', async () => {
    await fc.assert(
      fc.asyncProperty(anything, anything, anything, async (first, second, name) => {
        const value = first()
        const other = second()
        const info = value as Record<string, unknown>
        let thrown: unknown
        const records = await traceRecords(() => {
          start(name() as string, info).stop(other as Record<string, unknown>)
          start('failing', info).fail(value, other as Record<string, unknown>)
          const same = trace('same', { info, hideResult: false })((result: unknown, _: unknown) => result)
          expect(Object.is(same(value, other), value)).toBe(true)
          try {
            withTrace('throwing', info, () => {
              throw value
            })
          } catch (error) {
            thrown = error
          }
        })

        expect(Object.is(thrown, value)).toBe(true)
        expect(records).toHaveLength(8)
        for (const record of records) {
          const json = JSON.stringify(record)

          expect(json.isWellFormed()).toBe(true)
          expect(JSON.parse(json)).toEqual(record)
        }
      }),
      { numRuns: 500 },
    )
  })
})
