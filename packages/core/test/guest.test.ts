import {
  configure,
  createNotifier,
  type Driver,
  run,
  setNotifier,
  start,
  type TraceRecord,
  trace,
  withTrace,
} from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { signedHeaders } from './fixtures/fake-exchange.js'
import { infoOf, traceRecords } from './fixtures/trace-records.js'

afterEach(() => {
  setNotifier(undefined)
  vi.restoreAllMocks()
})

/** Each test uses unusual data that once broke a traced program. */
describe('the tracer', () => {
  it('survives more open points than the argument list of a function can contain', () => {
    const records: TraceRecord[] = []
    setNotifier(record => records.push(record))

    run({ hmacKey: 'KEY', maxPointsPerTrace: 10 }, () => {
      for (let step = 0; step < 200_000; step++) start('step')
    })

    expect(records.filter(({ name }) => name === 'step-start')).toHaveLength(10)
    expect(records.filter(({ name }) => name === 'step-stop')).toHaveLength(10)
  })

  it('limits the size of the info that a redact hook returns', async () => {
    const web = Array.from({ length: 10 }, () => ({}) as Record<string, unknown>)
    for (const from of web) for (const [index, to] of web.entries()) from[`to${index}`] = to
    const undo = configure({ redact: record => ({ ...record, info: { ...record.info, web } }) })
    const taken: TraceRecord[] = []
    const driver: Driver = {
      name: 'list',
      write: async batch => {
        taken.push(...batch)
        return undefined
      },
      close: async () => {},
    }
    const notifier = createNotifier(driver)
    setNotifier(notifier)

    run({ hmacKey: 'KEY' }, () => withTrace('step', () => 1))
    await notifier.close()
    undo()

    expect(taken).toHaveLength(2)
    expect(JSON.stringify(taken).length).toBeLessThan(200_000)
  })

  it('limits the number of members of each wide value, and of all values in a list together', async () => {
    const wide = Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`name${index}`, index]))

    const records = await traceRecords(() =>
      withTrace('step', { list: Array.from({ length: 50 }, () => wide) }, () => 1),
    )

    const { list } = infoOf(records, 'step-start') as { list: unknown[] }
    expect(Object.keys(list[0] as object)).toHaveLength(101)
    expect(list.length).toBeLessThan(6)
  })

  it("serves requests that are not instances of Node's classes", () => {
    const tracer = createRequestTracer('KEY')
    const headers = { ...signedHeaders('KEY') }
    const res = { on: () => {}, once: () => {} }
    const odd = [{}, { headers: undefined }, Object.freeze({ headers }), { headers, socket: null }, { headers, url: 7 }]

    const served = odd.map(req => tracer.serve(req as never, res as never, () => 'served'))

    expect(served).toEqual(odd.map(() => 'served'))
    expect(tracer.serve({ headers } as never, {} as never, () => 'served')).toBe('served')
  })

  it('refuses an unknown option, and lists the known options', () => {
    expect(() => createRequestTracer('KEY', { maxTraceage: 60 } as never)).toThrow(
      /no option "maxTraceage". Known: .*maxTraceAge/,
    )
    expect(() => createRequestTracer('KEY', null as never)).toThrow(TypeError)
    expect(() => createNotifier({} as Driver, { maxRecord: 1 } as never)).toThrow(/no option "maxRecord"/)
  })

  it('warns once of an unreachable store, unless the program listens for errors of the notifier', async () => {
    const warnings: string[] = []
    vi.spyOn(process, 'emitWarning').mockImplementation(warning => void warnings.push(String(warning)))
    const failing = (): Driver => ({
      name: 'broken',
      write: async () => {
        throw Object.assign(new Error('postgres://app:SECRET@db'), { code: 'ECONNREFUSED' })
      },
      close: async () => {},
    })
    const silent = createNotifier(failing(), { minBackoff: 1, maxBackoff: 1, flushAfter: 1 })
    const heard = createNotifier(failing(), { minBackoff: 1, maxBackoff: 1, flushAfter: 1 }).on('error', () => {})
    const [record] = await traceRecords(() => withTrace('step', () => 1))

    for (const notifier of [silent, heard]) notifier(record as TraceRecord)
    await expect.poll(() => silent.stats.retried).toBeGreaterThan(10)
    await Promise.all([silent.close(10), heard.close(10)])

    expect(warnings).toEqual(['No record can be delivered to the store (broken): ECONNREFUSED'])
  })

  it('records the remaining work of an ended request for ten seconds, and no longer', async () => {
    const records: TraceRecord[] = []
    setNotifier(record => records.push(record))
    const refresh = trace('refresh')(() => 1)
    let leftBehind: (() => number) | undefined
    run({ hmacKey: 'KEY' }, () => {
      const timer = setInterval(() => leftBehind?.(), 100)
      leftBehind = () => refresh()
      setTimeout(() => clearInterval(timer), 12_000)
    })

    await new Promise(resolve => setTimeout(resolve, 10_500))
    const soon = records.length
    await new Promise(resolve => setTimeout(resolve, 1_000))

    expect(soon).toBeGreaterThan(20)
    expect(records).toHaveLength(soon)
  })

  it.each([
    [{ url: '/callback?access_token=SECRET&page=2' }, '/callback?access_token=***&page=2'],
    [{ query: 'access_token=SECRET' }, 'access_token=***'],
    [{ url: 'https://app/#id_token=SECRET' }, '#id_token=***'],
    [{ url: 'https://SECRET@host/x' }, 'https://***@host/x'],
    [{ url: 'postgres://u:SE/CRET@h/db' }, 'postgres://u:***@h/db'],
    [{ url: 'http://host:80/users/bob@example.org' }, 'http://host:80/users/bob@example.org'],
    [{ auth: { user: 'bob', pass: 'SECRET' } }, '"pass":"***"'],
    [{ raw: [['authorization', 'Bearer SECRET']] }, '[["authorization","***"]]'],
    [{ raw: ['Host', 'h', 'Cookie', 'SECRET'] }, '["Host","h","Cookie","***"]'],
    [{ [`${'-'.repeat(300)}password`]: 'SECRET' }, '"***"'],
  ])('redacts %j', async (info, shown) => {
    const records = await traceRecords(() => withTrace('step', info, () => 1))

    const text = JSON.stringify(infoOf(records, 'step-start'))
    expect(text).toContain(shown)
    expect(text).not.toContain('SECRET')
  })

  it('redacts the arguments of a function whose name refers to a secret', async () => {
    const setPassword = trace('user')(function setPassword(value: string) {
      return value.length
    })

    const records = await traceRecords(() => setPassword('SECRET'))

    expect(infoOf(records, 'user-start')).toMatchObject({ function: { name: 'setPassword', args: '["***"]' } })
  })
})
