import { configure, createTraceId, run, signedPack, type TraceOptions, withTrace } from '@osprofiler/core'
import type { HttpOptions, RefusalReason } from '@osprofiler/core/http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { collectRecords } from './adapters/collect-records.js'
import { type RawHeader, sendRaw } from './adapters/send-raw.js'
import { ADAPTERS, type Adapter, type AdapterServer, type Serving, serveWith } from './adapters/serve-with.js'

const records = collectRecords()
const servers: AdapterServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function serve(adapter: Adapter, serving: Partial<Serving>): Promise<AdapterServer> {
  const server = await serveWith(adapter, { hmacKeys: 'KEY', answer: () => ({ served: true }), ...serving })
  servers.push(server)
  return server
}

function signHeaders(baseId: string, parentId = baseId, key = 'KEY'): RawHeader[] {
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: parentId }, key)
  return [
    ['X-Trace-Info', info],
    ['X-Trace-HMAC', hmac],
  ]
}

/** Creates a version 7 UUID whose date is `ageMs` milliseconds ago. */
function createDatedId(ageMs: number): string {
  const digits = Math.round(Date.now() - ageMs)
    .toString(16)
    .padStart(12, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`
}

/** For each refusal reason, the server options and request headers that cause it. */
const refusals: Record<RefusalReason, { hmacKeys?: 'none'; options?: HttpOptions; headers: () => RawHeader[] }> = {
  disabled: { options: { enabled: false }, headers: () => signHeaders(createTraceId()) },
  'no-keys': { hmacKeys: 'none', headers: () => signHeaders(createTraceId()) },
  'missing-header': { headers: () => signHeaders(createTraceId()).slice(0, 1) },
  'malformed-hmac': { headers: () => [...signHeaders(createTraceId()), ['X-Trace-HMAC', '0']] },
  'unknown-key': { headers: () => signHeaders(createTraceId(), undefined, 'OTHER') },
  'malformed-info': { headers: () => signHeaders('x'.repeat(256)) },
  'no-ticket': { options: { tickets: 'required' }, headers: () => signHeaders(createTraceId()) },
  'ticket-refused': {
    options: { tickets: 'required' },
    headers: () => [...signHeaders(createTraceId()), ['X-Trace-Ticket', 'used']],
  },
  'too-old': { headers: () => signHeaders(createDatedId(3_600_000 + 10_000)) },
  'rate-limited': { options: { maxTracesPerSecond: 0 }, headers: () => signHeaders(createTraceId()) },
}

describe.each(ADAPTERS)('%s', adapter => {
  it.each(Object.entries(refusals))(
    'sends the same response as an untraced server if it refuses a trace: %s',
    async (reason, { hmacKeys = 'KEY', options, headers }) => {
      const restore = configure({ hmacKeys: undefined })
      const told: string[] = []
      const onRefused = (why: string) => {
        told.push(why)
        throw new Error('from the callback')
      }
      const server = await serve(adapter, {
        options: { ...options, onRefused },
        hmacKeys: hmacKeys === 'none' ? undefined : hmacKeys,
      })
      const unsigned = await sendRaw(server.port, [])

      const refused = await sendRaw(server.port, headers())

      expect(refused).toEqual(unsigned)
      expect(refused).toMatchObject({ status: 200, body: '{"served":true}' })
      expect(told).toEqual([reason])
      expect(server.stats).toMatchObject({ traced: 0, refused: { [reason]: 1 } })
      expect(records).toEqual([])
      restore()
    },
  )

  it('sends the same bytes in response to a traced request', async () => {
    const server = await serve(adapter, {})
    const unsigned = await sendRaw(server.port, [])

    expect(await sendRaw(server.port, signHeaders(createTraceId()))).toEqual(unsigned)
    expect(records).toHaveLength(2)
  })

  it('by default refuses traces that are older than an hour or more than a minute in the future', async () => {
    const server = await serve(adapter, {})
    const ages = [0, 3_590_000, -50_000, 3_610_000, -70_000]

    for (const age of ages) await sendRaw(server.port, signHeaders(createDatedId(age)))

    expect(server.stats).toMatchObject({ traced: 3, refused: { 'too-old': 2 } })
  })

  it('by default accepts a hundred new traces per second', async () => {
    const server = await serve(adapter, { options: {} })

    await Promise.all(Array.from({ length: 130 }, () => sendRaw(server.port, signHeaders(createTraceId()))))

    const { traced, refused } = server.stats
    expect(traced).toBeGreaterThanOrEqual(100)
    expect(traced + refused['rate-limited']).toBe(130)
  })

  it('records at most the allowed number of points per trace, and reports how many were omitted', async () => {
    const options = { maxPointsPerTrace: 20, maxTracesPerSecond: 1e6 }
    const baseId = createTraceId()
    const server = await serve(adapter, {
      options,
      async answer({ pathname }) {
        for (let step = 0; step < 10; step++) await withTrace(`step ${pathname}`, async () => {})
        return {}
      },
    })

    for (let request = 0; request < 2; request++) await sendRaw(server.port, signHeaders(baseId, `caller ${request}`))

    const starts = records.filter(({ name }) => name.endsWith('-start'))
    const omitted = records.map(({ info }) => Number(info.points_omitted ?? 0))
    expect(starts).toHaveLength(20)
    expect(omitted.reduce((sum, count) => sum + count)).toBe(2)
    expect(records.at(-1)).toMatchObject({ name: 'wsgi-stop', info: { points_omitted: 2 } })
  })

  it.each([
    ['a'.repeat(255), true],
    ['a'.repeat(256), false],
    ['\u{1f600}'.repeat(255), true],
    ['\u{1f600}'.repeat(256), false],
  ])('accepts ids of up to 255 characters, and refuses longer ids', async (id, traced) => {
    const server = await serve(adapter, {})

    await sendRaw(server.port, signHeaders(id))
    await sendRaw(server.port, signHeaders('base', id))

    expect(server.stats).toMatchObject(traced ? { traced: 2 } : { traced: 0, refused: { 'malformed-info': 2 } })
    expect(records.map(({ parent_id }) => parent_id)).toEqual(traced ? [id, id, id, id] : [])
  })

  it.each([
    [{ maxTraceAge: '60' }],
    [{ maxTracesPerSecond: -1 }],
    [{ maxPointsPerTrace: Number.NaN }],
    [{ datedTracesOnly: 1 }],
    [{ onRefused: true }],
  ])('when mounted, rejects an invalid limit: %j', async options => {
    await expect(serve(adapter, { options: options as unknown as HttpOptions })).rejects.toThrow(TypeError)
  })

  it.each([[''], [[]], [' , ']])('rejects an empty list of keys: %j', async hmacKeys => {
    await expect(serve(adapter, { hmacKeys })).rejects.toThrow(TypeError)
  })
})

describe('run()', () => {
  it('accepts only ids that other services accept', () => {
    const trace = (options: Partial<TraceOptions>) => run({ hmacKey: 'KEY', ...options }, () => 'ran')

    expect(trace({ baseId: '\u{1f600}'.repeat(255) })).toBe('ran')
    for (const wrong of [
      { baseId: 'a'.repeat(256) },
      { baseId: '' },
      { baseId: '\ud83d' },
      { parentId: 'a'.repeat(256) },
    ]) {
      const fn = vi.fn()
      expect(() => run({ hmacKey: 'KEY', ...wrong }, fn)).toThrow(TypeError)
      expect(fn).not.toHaveBeenCalled()
    }
  })
})
