import { performance } from 'node:perf_hooks'
import { configure, createTraceId, get, run, signedPack, traceClass, withTrace } from '@osprofiler/core'
import { createRunTraced, injectTrace, runTraced } from '@osprofiler/rpc'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { collectRecords } from './collect-records.js'

const records = collectRecords()

function headersOf(key: string, baseId = createTraceId(), parentId = baseId): Record<string, string> {
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: parentId }, key)
  return { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac }
}

describe('runTraced', () => {
  it("runs the function in the message's trace, in a point that is a child of the sender's point", () => {
    const baseId = createTraceId()
    const headers = headersOf('KEY', baseId, 'the-sender')

    const result = runTraced(headers, 'NEW,KEY', function createOrder() {
      return withTrace('work', () => get()?.baseId)
    })

    expect(result).toBe(baseId)
    expect(records.map(({ name }) => name)).toEqual(['rpc-start', 'work-start', 'work-stop', 'rpc-stop'])
    expect(records[0]).toMatchObject({ base_id: baseId, parent_id: 'the-sender' })
    expect(records[0]?.info).toMatchObject({ function: { name: 'createOrder' } })
    expect(records[1]?.parent_id).toBe(records[0]?.trace_id)
  })

  it('ends the point when the promise settles', async () => {
    let finish = (_: string): void => {}
    const result = runTraced(headersOf('KEY'), 'KEY', () => new Promise<string>(resolve => (finish = resolve)))
    expect(records).toHaveLength(1)

    finish('done')

    expect(await result).toBe('done')
    expect(records).toHaveLength(2)
  })

  it('records a thrown error and throws it again', async () => {
    const failure = new RangeError('out of stock')

    expect(() => runTraced(headersOf('KEY'), 'KEY', () => throwIt(failure))).toThrow(failure)
    await expect(runTraced(headersOf('KEY'), 'KEY', async () => throwIt(failure))).rejects.toBe(failure)

    const stops = records.filter(({ name }) => name === 'rpc-stop')
    expect(stops.map(({ info }) => info.etype)).toEqual(['RangeError', 'RangeError'])
  })

  it('records the name and the info that the call passes', () => {
    runTraced(headersOf('KEY'), 'KEY', () => {}, { name: 'driver', functionName: 'spawn', info: { topic: 'compute' } })
    runTraced(headersOf('KEY'), 'KEY', () => {})

    expect(records[0]).toMatchObject({ name: 'driver-start', info: { function: { name: 'spawn' }, topic: 'compute' } })
    expect(records[2]).toMatchObject({ name: 'rpc-start', info: { function: { name: 'anonymous' } } })
  })

  it.each<[string, (pair: Record<string, string>) => object]>([
    ['an object', pair => pair],
    [
      'an object with lowercase names',
      pair => Object.fromEntries(Object.entries(pair).map(([name, value]) => [name.toLowerCase(), value])),
    ],
    [
      'an object of bytes',
      pair => Object.fromEntries(Object.entries(pair).map(([name, value]) => [name, Buffer.from(value)])),
    ],
    [
      'an object of single-element lists',
      pair => Object.fromEntries(Object.entries(pair).map(([name, value]) => [name, [value]])),
    ],
    ['a Map', pair => new Map(Object.entries(pair))],
    ['Headers', pair => new Headers(pair)],
    ['an object that has only a `get` method', pair => ({ get: (name: string) => pair[name] })],
  ])('reads a trace from %s', (_, carry) => {
    expect(runTraced(carry(headersOf('KEY')), 'KEY', () => get() !== undefined)).toBe(true)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['no headers', {}],
    ['half a pair', { 'X-Trace-Info': headersOf('KEY')['X-Trace-Info'] }],
    ['an unknown key', headersOf('OTHER')],
    ['an inherited pair', Object.create(headersOf('KEY'))],
    ['each header twice', mapValues(headersOf('KEY'), value => [value, value])],
    ['numbers', { 'X-Trace-Info': 1, 'X-Trace-HMAC': 2 }],
    ['megabytes', { 'X-Trace-Info': Buffer.alloc(5_000_000, 'e'), 'X-Trace-HMAC': 'a'.repeat(40) }],
    ['a string', 'X-Trace-Info'],
    ['getters that throw', Object.defineProperty({}, 'X-Trace-Info', { get: () => throwIt(new Error('No')) })],
    ['a `get` method that throws', { get: () => throwIt(new Error('No')), set: () => {} }],
    ['a revoked proxy', Proxy.revocable({}, {}).proxy],
  ])('runs the function untraced if it receives %s', (_, context) => {
    const inside = run({ hmacKey: 'KEY' }, () => runTraced(context as object, 'KEY', () => [get()]))

    expect(inside).toEqual([undefined])
    expect(records).toEqual([])
  })

  it('uses the keys of configure() if no keys are passed', () => {
    const headers = headersOf('KEY')
    expect(runTraced(headers, undefined, get)).toBeUndefined()

    const unconfigure = configure({ hmacKeys: 'KEY' })
    try {
      expect(runTraced(headers, undefined, get)).toBeDefined()
    } finally {
      unconfigure()
    }
  })

  it('signs further requests with the accepted key', () => {
    const sent = runTraced(headersOf('OLD'), 'NEW,OLD', () => injectTrace({}))

    expect(runTraced(sent, 'OLD', get)).toBeDefined()
    expect(runTraced(sent, 'NEW', get)).toBeUndefined()
  })

  it('throws for empty keys and for a value that is not a function', () => {
    expect(() => runTraced({}, '', () => {})).toThrow('The list of HMAC keys is empty')
    expect(() => runTraced({}, 'KEY', 'fn' as never)).toThrow(TypeError)
  })

  it('distinguishes a list of keys from a key that looks like that list in JSON', () => {
    expect(runTraced(headersOf('A'), ['A'], get)).toBeDefined()
    expect(runTraced(headersOf('A'), '["A"]', get)).toBeUndefined()
    expect(runTraced(headersOf('["A"]'), '["A"]', get)).toBeDefined()
  })

  it('applies the same limits on age and rate as the HTTP adapters', () => {
    stopClock()
    const old = '01000000-0000-7000-8000-000000000000'

    expect(runTraced(headersOf('AGE', old), 'AGE', get)).toBeUndefined()
    const traced = Array.from({ length: 150 }, () => runTraced(headersOf('RATE'), 'RATE', get) !== undefined)

    expect(traced.filter(Boolean)).toHaveLength(100)
  })

  it("nests the points of a traced class's methods in the point of the call", () => {
    const Manager = traceClass('rpc')(
      class Manager {
        create(size: number): number {
          return size
        }
      },
    )

    runTraced(headersOf('KEY'), 'KEY', () => new Manager().create(3), { functionName: 'volume.create' })

    expect(records[1]).toMatchObject({ name: 'rpc-start', parent_id: records[0]?.trace_id })
    expect(records[1]?.info).toMatchObject({ function: { name: 'Manager.create', args: '[3]' } })
  })
})

describe('createRunTraced', () => {
  it('returns a function with its own limits, hooks and counts', () => {
    stopClock()
    const told: unknown[] = []
    const serve = createRunTraced('KEY', {
      name: 'message',
      maxTracesPerSecond: 1,
      maxPointsPerTrace: 2,
      ignore: context => 'ignored' in Object(context),
      onRefused: (reason, context) => told.push([reason, Object.keys(Object(context)).length]),
    })

    serve(headersOf('KEY'), () => [1, 2, 3].map(step => withTrace(`step ${step}`, () => {})))
    serve(headersOf('KEY'), () => {})
    serve(headersOf('OTHER'), () => {})
    serve({ ...headersOf('KEY'), ignored: true }, () => {})

    expect(records.map(({ name }) => name)).toEqual(['message-start', 'step 1-start', 'step 1-stop', 'message-stop'])
    expect(records.at(-1)?.info).toMatchObject({ points_omitted: 2 })
    expect(told).toEqual([
      ['rate-limited', 2],
      ['unknown-key', 2],
    ])
    expect(serve.stats).toMatchObject({ traced: 1, tracedByKey: [1], refused: { 'rate-limited': 1, 'unknown-key': 1 } })
  })

  it('throws for an unknown option or an option of the wrong type', () => {
    expect(() => createRunTraced('KEY', { maxAge: 1 } as never)).toThrow('has no option "maxAge"')
    expect(() => createRunTraced('KEY', { maxTraceAge: -1 })).toThrow('maxTraceAge must not be negative')
  })
})

/** Stops the clock, because the rate limit would admit more traces as time passes. */
function stopClock(): void {
  const now = Math.ceil(performance.now())
  const clock = vi.spyOn(performance, 'now').mockReturnValue(now)
  onTestFinished(() => clock.mockRestore())
}

function mapValues<T>(object: Record<string, string>, change: (value: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]))
}

function throwIt(error: Error): never {
  throw error
}
