import { createTraceId, get, run, signedPack } from '@osprofiler/core'
import { createRunTraced, injectTrace, runTraced } from '@osprofiler/rpc'
import { describe, expect, it, vi } from 'vitest'
import { collectRecords } from './collect-records.js'

// The forms in which these Kafka clients pass headers to a consumer: kafkajs, @platformatic/kafka, node-rdkafka,
// @confluentinc/kafka-javascript, and AWS Lambda. Kafka proxies and other brokers use lists of pairs.
const SHAPES: readonly (readonly [string, (headers: readonly (readonly [string, string])[]) => object])[] = [
  ['an object of bytes', headers => Object.fromEntries(headers.map(([name, value]) => [name, bytes(value)]))],
  ['an object of strings', headers => Object.fromEntries(headers)],
  ['a Map of strings', headers => new Map(headers)],
  ['a Map of bytes', headers => new Map(headers.map(([name, value]) => [bytes(name), bytes(value)]))],
  [
    'a Map of plain Uint8Arrays',
    headers =>
      new Map(headers.map(([name, value]) => [new TextEncoder().encode(name), new TextEncoder().encode(value)])),
  ],
  ['a Map of string names and byte values', headers => new Map(headers.map(([name, value]) => [name, bytes(value)]))],
  ['a Map of byte names and string values', headers => new Map(headers.map(([name, value]) => [bytes(name), value]))],
  ['a list of {[name]: bytes}', headers => headers.map(([name, value]) => ({ [name]: bytes(value) }))],
  ['a list of {[name]: string}', headers => headers.map(([name, value]) => ({ [name]: value }))],
  [
    'a list of {[name]: value} with lists of bytes',
    headers => headers.map(([name, value]) => ({ [name]: [...bytes(value)] })),
  ],
  ['a list of {key, value}', headers => headers.map(([key, value]) => ({ key, value }))],
  [
    'a list of {key, value} with bytes',
    headers => headers.map(([key, value]) => ({ key: bytes(key), value: bytes(value) })),
  ],
  ['a list of {name, value}', headers => headers.map(([name, value]) => ({ name, value }))],
  ['a list of pairs', headers => headers.map(([name, value]) => [name, value])],
  ['a list of pairs of bytes', headers => headers.map(([name, value]) => [bytes(name), bytes(value)])],
]

// The forms in which a program can send headers. AWS Lambda's lists of numbers are left out, because Lambda only passes
// them to consumers. Objects of bytes are left out, because injectTrace() adds strings to all objects. Every client
// accepts strings.
const SENT = SHAPES.filter(([shape]) => !/lists of bytes|object of bytes/.test(shape))
const OTHER: readonly [string, string] = ['content-type', 'text/plain']

collectRecords()

function bytes(text: string): Buffer {
  return Buffer.from(text)
}

function signed(baseId = createTraceId()): (readonly [string, string])[] {
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: baseId }, 'KEY')
  return [
    ['X-Trace-Info', info],
    ['X-Trace-HMAC', hmac],
  ]
}

function inLowerCase(headers: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  return headers.map(([name, value]) => [name.toLowerCase(), value])
}

function traceOf(headers: object | null | undefined): string | undefined {
  return runTraced(headers, 'KEY', () => get()?.baseId)
}

describe('the headers of a consumed message', () => {
  it.each(SHAPES)('continue the trace if they are %s', (_, make) => {
    const baseId = createTraceId()
    const headers = [OTHER, ...signed(baseId), ['trace', 'x'] as const]

    expect(traceOf(make(headers))).toBe(baseId)
  })

  it.each(SHAPES)('continue the trace if they are %s and their names are in lowercase', (_, make) => {
    const baseId = createTraceId()
    const headers = inLowerCase(signed(baseId))

    expect(traceOf(make(headers))).toBe(baseId)
  })

  it.each(SHAPES)('continue no trace if they are %s without trace headers', (_, make) => {
    const serve = createRunTraced('KEY')

    const inside = [[], [OTHER], [['X-Trace-Id__', 'x'] as const]].map(headers => serve(make(headers), get))

    expect(inside).toEqual([undefined, undefined, undefined])
    expect(Object.values(serve.stats.refused).every(count => count === 0)).toBe(true)
  })

  // An object or a Map with string keys cannot contain a name twice.
  it.each(SHAPES.filter(([shape]) => /list|Map of bytes$/.test(shape)))(
    'are refused if they are %s that contains each header twice',
    (_, make) => {
      const serve = createRunTraced('KEY')
      const [one, two] = [signed(), signed()]

      for (const headers of [
        [...one, ...two],
        [...one, ...one],
        [...one, ...one.slice(0, 1)],
      ]) {
        expect(serve(make(headers), get)).toBeUndefined()
      }
      expect(Object.values(serve.stats.refused).reduce((sum, count) => sum + count)).toBe(3)
    },
  )

  it.each(SHAPES)(
    'are refused if they are %s that contains a header in canonical case and in lowercase, with different values',
    (_, make) => {
      const serve = createRunTraced('KEY')
      const [one, two] = [signed(), inLowerCase(signed())]

      for (const headers of [
        [...one, ...two],
        [...two, ...one],
        [...one, ...two.slice(0, 1)],
        [...one, ...two.slice(1)],
      ]) {
        expect(serve(make(headers), get)).toBeUndefined()
      }
      expect(Object.values(serve.stats.refused).reduce((sum, count) => sum + count)).toBe(4)
    },
  )

  it.each(SHAPES)(
    'continue the trace if they are %s that contains each header in canonical case and in lowercase, with equal values',
    (_, make) => {
      const baseId = createTraceId()
      const headers = signed(baseId)

      expect(traceOf(make([...headers, ...inLowerCase(headers)]))).toBe(baseId)
    },
  )

  it('continue the trace if they are a list of 1,000 headers, but not if the list is longer', () => {
    const baseId = createTraceId()
    const others = Array.from({ length: 999 }, (_, index) => ({ [`header-${index}`]: 'x' }))
    const pair = signed(baseId).map(([name, value]) => ({ [name]: value }))

    expect(traceOf([...others.slice(1), ...pair])).toBe(baseId)
    expect(traceOf([...others, ...pair])).toBeUndefined()
    expect(
      traceOf(new Map([...signed(baseId), ...others.map((_, index) => [`${index}`, 'x'] as const)])),
    ).toBeUndefined()
  })

  it('are not searched if there are millions of them', () => {
    const read = vi.fn()
    const element = Object.defineProperty({}, 'X-Trace-Info', { enumerable: true, get: read })
    const far: unknown[] = []
    far[4_000_000_000] = element
    const many = Array(1_000_000).fill(element)

    for (const headers of [far, many, { 'X-Trace-Info': far, 'X-Trace-HMAC': far }]) {
      expect(traceOf(headers)).toBeUndefined()
      expect(() => run({ hmacKey: 'KEY' }, () => injectTrace(headers))).not.toThrow()
    }
    expect(read).not.toHaveBeenCalled()
  })

  it.each([256, -256, 0.5])('continue no trace if %d was added to one number in a list of bytes', wrong => {
    const [info, hmac] = signed().map(([name, value]) => ({ [name]: [...bytes(value)] }))
    const broken = Object.fromEntries(
      Object.entries(info ?? {}).map(([name, [first = 0, ...rest]]) => [name, [first + wrong, ...rest]]),
    )

    expect(traceOf([info, hmac])).toBeDefined()
    expect(traceOf([broken, hmac])).toBeUndefined()
  })

  it('may be a list that also contains values that are not headers', () => {
    const baseId = createTraceId()
    const list = [
      null,
      undefined,
      7,
      'X-Trace-Info',
      [],
      {},
      ...signed(baseId).map(([name, value]) => ({ [name]: value })),
    ]

    expect(traceOf(list)).toBe(baseId)
  })

  it.each<[string, unknown]>([
    ['a list with a getter that throws', [Object.defineProperty({}, 'X-Trace-Info', { enumerable: true, get: fail })]],
    ['a list with a proxy that throws', [new Proxy({}, { ownKeys: fail, getOwnPropertyDescriptor: fail, get: fail })]],
    ['a revoked proxy of a list', Proxy.revocable([], {}).proxy],
    ['a Map whose entries throw', Object.assign(new Map(signed()), { forEach: fail })],
    ['a list that contains itself', cyclic()],
    ['a list of 5 MB', [{ 'X-Trace-Info': Buffer.alloc(5_000_000, 'e') }, { 'X-Trace-HMAC': 'a'.repeat(40) }]],
    ['a list with numbers that are not bytes', [{ 'X-Trace-Info': [Number.NaN, 1e9, -1] }, { 'X-Trace-HMAC': [0.5] }]],
    ['a list of objects that inherit the names', [Object.create({ 'X-Trace-Info': 'x' })]],
  ])('continue no trace, and cause no error, if they are %s', (_, headers) => {
    expect(traceOf(headers as object)).toBeUndefined()
  })
})

describe('the headers of a sent message', () => {
  it.each(SENT)('keep their form and pass the trace to the consumer if they are %s', (_, make) => {
    const baseId = createTraceId()
    const headers = make([OTHER])

    const sent = run({ hmacKey: 'KEY', baseId }, () => injectTrace(headers))

    expect(sent).toBe(headers)
    expect(traceOf(sent)).toBe(baseId)
    expect(elementsOf(sent)).toHaveLength(3)
    expect(new Set(elementsOf(sent).map(shapeOf)).size).toBe(1)
  })

  it.each(SENT)('do not keep an earlier trace if they are %s', (_, make) => {
    const baseId = createTraceId()
    const old = inLowerCase(signed())
    const headers = make([...signed(), OTHER, ...old])

    const sent = run({ hmacKey: 'KEY', baseId }, () => injectTrace(headers))

    expect(traceOf(sent)).toBe(baseId)
    expect(elementsOf(sent)).toHaveLength(3)
  })

  it.each(SENT)('stay unchanged outside a trace if they are %s', (_, make) => {
    const headers = [OTHER, ...signed()]

    expect(injectTrace(make(headers))).toEqual(make(headers))
  })

  it('are added in the form of node-rdkafka to an empty list', () => {
    const headers = run({ hmacKey: 'KEY' }, () => injectTrace([]))

    expect(headers.map(Object.keys)).toEqual([['X-Trace-Info'], ['X-Trace-HMAC']])
  })

  it('are added as bytes to an empty Map if `bytes` is set', () => {
    const headers = run({ hmacKey: 'KEY' }, () => injectTrace(new Map<Buffer, Buffer>(), { bytes: true }))

    expect([...headers].flat().every(Buffer.isBuffer)).toBe(true)
    expect([...headers.keys()].map(String)).toEqual(['X-Trace-Info', 'X-Trace-HMAC'])
    expect(traceOf(headers)).toBeDefined()
  })

  it.each([null, undefined])('become an object with string values if they were %s', none => {
    const baseId = createTraceId()

    const headers = run({ hmacKey: 'KEY', baseId }, () => injectTrace(none))

    expect(Object.keys(headers)).toEqual(['X-Trace-Info', 'X-Trace-HMAC'])
    expect(traceOf(headers)).toBe(baseId)
    expect(injectTrace(none)).toEqual({})
  })

  it('leave existing elements unchanged, because another list may share them', () => {
    const received = [{ 'X-Trace-Info': 'old', other: 'kept' }, { 'X-Trace-HMAC': 'old' }]

    const sent = run({ hmacKey: 'KEY' }, () => injectTrace([...received]))

    expect(received).toEqual([{ 'X-Trace-Info': 'old', other: 'kept' }, { 'X-Trace-HMAC': 'old' }])
    expect(sent[0]).toEqual({ other: 'kept' })
    expect(traceOf(sent)).toBeDefined()
  })

  it.each<[string, object]>([
    ['a frozen list', Object.freeze([{ a: 'b' }])],
    ['a Map whose `set` throws', Object.assign(new Map([['a', 'b']]), { set: fail })],
    ['a revoked proxy of a list', Proxy.revocable([], {}).proxy],
  ])('do not cause an error if they are %s', (_, headers) => {
    expect(() => run({ hmacKey: 'KEY' }, () => injectTrace(headers))).not.toThrow()
  })
})

function elementsOf(headers: object): readonly unknown[] {
  return Array.isArray(headers) ? headers : headers instanceof Map ? [...headers] : Object.entries(headers)
}

/** Describes an element by the types of its parts. `*` stands for the name of a header. */
function shapeOf(element: unknown): string {
  if (Array.isArray(element)) return element.map(kindOf).join()
  return Object.entries(element as object)
    .map(([name, value]) => `${['key', 'name', 'value'].includes(name) ? name : '*'}: ${kindOf(value)}`)
    .join()
}

function kindOf(value: unknown): string {
  return value instanceof Uint8Array || Array.isArray(value) ? 'bytes' : typeof value
}

function cyclic(): unknown[] {
  const list: unknown[] = []
  list.push(list)
  return list
}

function fail(): never {
  throw new Error('No')
}
