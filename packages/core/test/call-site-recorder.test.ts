import { configure, createNotifier, run, setNotifier, start, type TraceRecord, withTrace } from '@osprofiler/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const original = Object.getOwnPropertyDescriptors(Error)
let records: TraceRecord[]
let undoSettings: () => void

beforeEach(() => {
  records = []
  undoSettings = () => undefined
  setNotifier(record => records.push(record))
})
afterEach(() => {
  setNotifier(undefined)
  undoSettings()
  for (const name of ['stackTraceLimit', 'prepareStackTrace'] as const) {
    Reflect.deleteProperty(Error, name)
    const descriptor = original[name as keyof typeof original]
    if (descriptor !== undefined) Object.defineProperty(Error, name, descriptor)
  }
  delete process.env.OSPROFILER_CODE
})

const startsOf = (name: string): readonly TraceRecord[] => records.filter(record => record.name === `${name}-start`)
const codesOf = (name: string): readonly unknown[] => startsOf(name).map(({ info }) => info.code)
const traceCode = <T>(fn: () => T): T => run({ hmacKey: 'KEY', code: true }, fn)

describe('a call site', () => {
  it('is recorded only in the start record of a point', () => {
    traceCode(() => start('a').stop())

    expect(records.map(({ name, info }) => [name, 'code' in info])).toEqual([
      ['a-start', true],
      ['a-stop', false],
    ])
  })

  it('has a relative path with slashes, a line, a column and the name of the function', () => {
    traceCode(function loadOrders() {
      start('a').stop()
    })

    expect(codesOf('a')).toEqual([
      {
        file: 'packages/core/test/call-site-recorder.test.ts',
        line: expect.any(Number),
        column: expect.any(Number),
        function: 'loadOrders',
      },
    ])
  })

  it.each([
    ['the trace does not ask for call sites', () => run({ hmacKey: 'KEY' }, () => start('a').stop())],
    ['the trace declines call sites', () => run({ hmacKey: 'KEY', code: false }, () => start('a').stop())],
    [
      'OSPROFILER_CODE is false',
      () => {
        process.env.OSPROFILER_CODE = 'false'
        undoSettings = configure({})
        traceCode(() => start('a').stop())
      },
    ],
  ])('is missing if %s, and no stack is read', (_, traceOnce) => {
    let reads = 0
    Error.prepareStackTrace = () => void reads++
    traceOnce()

    expect(startsOf('a').map(({ info }) => Object.keys(info))).toEqual([['host']])
    expect(reads).toBe(0)
  })

  it("does not replace the program's own member `code`", () => {
    traceCode(() => start('a', { code: 7 }).stop())

    expect(codesOf('a')).toEqual([7])
  })

  it('is requested by the option `code`, which must be a boolean', () => {
    expect(() => run({ hmacKey: 'KEY', code: 'yes' as never }, () => 1)).toThrow(/code must be of type boolean/)
  })
})

describe('the hook `redact`', () => {
  const hookWith = (hook: (record: TraceRecord) => TraceRecord | undefined): void => {
    undoSettings = configure({ redact: hook })
  }

  it('sees the call site and may delete it', () => {
    const seen: unknown[] = []
    hookWith(record => {
      seen.push(record.info.code)
      const { code, ...info } = record.info
      return { ...record, info }
    })
    traceCode(() => start('a').stop())

    expect(seen[0]).toMatchObject({ file: 'packages/core/test/call-site-recorder.test.ts' })
    expect(codesOf('a')).toEqual([undefined])
  })

  it('may change the call site, and the store receives the changed call site', async () => {
    const written: TraceRecord[] = []
    const driver = { name: 'memory', write: async (batch: readonly TraceRecord[]) => void written.push(...batch) }
    const notifier = createNotifier({ ...driver, close: async () => undefined })
    setNotifier(notifier)
    hookWith(record => ({ ...record, info: { ...record.info, code: { file: 'hidden', line: 1 } } }))
    traceCode(() => start('a').stop())
    await notifier.close()

    expect(written[0]?.info.code).toEqual({ file: 'hidden', line: 1 })
  })
})

describe('reading the stack', () => {
  const setTo = (name: string, value: unknown): void => void Reflect.set(Error, name, value)
  const define = (name: string, value: PropertyDescriptor): void => void Object.defineProperty(Error, name, value)

  it.each<[string, () => void]>([
    ['set a stack trace limit of 3', () => setTo('stackTraceLimit', 3)],
    ['deleted the stack trace limit', () => void Reflect.deleteProperty(Error, 'stackTraceLimit')],
    [
      'made the stack trace limit unreadable',
      () => define('stackTraceLimit', { get: fail, set: fail, configurable: true }),
    ],
    [
      'made the stack trace limit read-only',
      () => define('stackTraceLimit', { value: 4, configurable: true, writable: false }),
    ],
    ['set Error.prepareStackTrace', () => setTo('prepareStackTrace', String)],
    ['set an Error.prepareStackTrace that throws', () => setTo('prepareStackTrace', fail)],
    [
      'given Error.prepareStackTrace a setter that throws',
      () => define('prepareStackTrace', { get: () => fail, set: fail, configurable: true }),
    ],
  ])('finds the call site and changes nothing if the program has %s', (_, setUp) => {
    setUp()
    const before = Object.getOwnPropertyDescriptors(Error)
    traceCode(() => start('a').stop())
    const after = Object.getOwnPropertyDescriptors(Error)
    Reflect.deleteProperty(Error, 'prepareStackTrace')

    expect(Object.keys(after)).toEqual(Object.keys(before))
    expect(after).toEqual(before)
    expect(codesOf('a')).toEqual([expect.objectContaining({ line: expect.any(Number) })])
  })
})

function fail(): never {
  throw new Error('The setting must not be used')
}

describe('the time for reading stacks', () => {
  it('is limited, and after the limit, call sites are recorded only for the first 200 new statements', () => {
    const many = 20_000
    traceCode(() => {
      for (let index = 0; index < many; index++) start('same', { db: { statement: 'SELECT 1' } }).stop()
      for (let index = 0; index < many; index++) start('new', { db: { statement: `SELECT ${index}` } }).stop()
    })
    const known = codesOf('same').filter(code => code !== undefined).length
    const late = codesOf('new').filter(code => code !== undefined).length

    expect(known).toBeGreaterThan(0)
    expect(known).toBeLessThan(many)
    expect(late).toBeGreaterThanOrEqual(199)
    expect(late).toBeLessThan(many)
  })

  it('is limited for each request separately', () => {
    traceCode(() => {
      for (let index = 0; index < 20_000; index++) withTrace('first', () => 1)
    })
    traceCode(() => withTrace('second', () => 1))

    expect(codesOf('second')).toEqual([expect.objectContaining({ line: expect.any(Number) })])
  })
})
