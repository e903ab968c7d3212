import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setNotifier, suppress, type TraceRecord, withTrace } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { findFreePort } from '../../../test/servers/free-port.js'
import { instrumented, undoAfterTest, undoInstruments } from './instrumented.js'
import { type OriginServer, openOrigin } from './origin-server.js'
import { carried, collect, inTrace, KEY, only, until } from './traced-calls.js'

let server: OriginServer
let records: TraceRecord[]

beforeAll(async () => {
  server = await openOrigin()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  records = collect()
  server.arrived.length = 0
})
afterEach(() => {
  undoInstruments()
  setNotifier(undefined)
})

async function get(path: string, init?: RequestInit): Promise<string> {
  return (await fetch(server.origin + path, init)).text()
}

/** Imports a second copy of this package, as in a program with two installed versions. */
async function importCopy(): Promise<{ instrument: typeof instrument }> {
  const modules = new URL('../node_modules/', import.meta.url)
  const copy = mkdtempSync(fileURLToPath(new URL('.copy-', modules)))
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
  cpSync(new URL('../dist', import.meta.url), copy, { recursive: true })
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }')
  return await import(join(copy, 'index.js'))
}

describe('a traced fetch', () => {
  it('becomes a point with the request and the status of the response', async () => {
    instrumented()

    const { baseId } = await inTrace(() => get('/ok/path?page=2&access_token=SEALED', { method: 'POST', body: 'x' }))

    const start = only(records, 'http-start')
    expect(start).toMatchObject({ base_id: baseId, parent_id: baseId })
    expect(start.info.requests).toEqual({
      method: 'POST',
      query: 'page=2&access_token=***',
      path: '/ok/path',
      hostname: '127.0.0.1',
      port: server.port,
      scheme: 'http',
    })
    const stop = only(records, 'http-stop')
    expect(stop.trace_id).toBe(start.trace_id)
    expect(stop.info.requests).toMatchObject({ status_code: 200 })
    expect(records).toHaveLength(2)
  })

  it("sends the trace headers, so that its point is the parent of the callee's points", async () => {
    instrumented()

    const { baseId } = await inTrace(() => get('/ok'))

    const [arrived] = server.arrived
    const parentId = only(records, 'http-start').trace_id
    expect(arrived && carried(arrived)).toEqual({ baseId, parentId, hmacKey: KEY })
    expect(arrived?.rawHeaders.filter(name => /^x-trace/i.test(name))).toEqual(['X-Trace-Info', 'X-Trace-HMAC'])
  })

  it('is nested in the surrounding point, and contains no other point', async () => {
    instrumented()

    await inTrace(() =>
      withTrace('outer', async () => {
        await Promise.all([get('/slow'), get('/slow'), withTrace('beside', () => get('/ok'))])
      }),
    )

    const outer = only(records, 'outer-start').trace_id
    const beside = only(records, 'beside-start')
    const parents = records.filter(({ name }) => name === 'http-start').map(record => record.parent_id)
    expect(beside.parent_id).toBe(outer)
    expect(parents.sort()).toEqual([outer, outer, beside.trace_id].sort())
  })

  it('lasts until the end of a streamed body', async () => {
    instrumented()

    await inTrace(async () => {
      const response = await fetch(`${server.origin}/halves`)
      await withTrace('headers came', () => undefined)
      server.release()
      return response.text()
    })

    expect(records.map(({ name }) => name)).toEqual([
      'http-start',
      'headers came-start',
      'headers came-stop',
      'http-stop',
    ])
  })

  it('records the times of the first and the last byte of the response', async () => {
    instrumented()

    await inTrace(async () => {
      const response = await fetch(`${server.origin}/halves`)
      await new Promise(resolve => setTimeout(resolve, 30))
      server.release()
      return response.text()
    })

    const { requests } = only(records, 'http-stop').info as { requests: Record<string, number> }
    const { first_byte_ms: first = 0, last_byte_ms: last = 0 } = requests
    expect(first).toBeGreaterThan(0)
    expect(last - first).toBeGreaterThan(25)
  })

  it('becomes one point per hop of a redirect, each with its own headers', async () => {
    instrumented()

    const { baseId } = await inTrace(() => get('/redirect?to=/ok'))

    const starts = records.filter(({ name }) => name === 'http-start')
    const stops = records.filter(({ name }) => name === 'http-stop')
    expect(stops.map(({ info }) => info.requests)).toMatchObject([{ status_code: 302 }, { status_code: 200 }])
    expect(server.arrived.map(carried)).toEqual(
      starts.map(({ trace_id }) => ({ baseId, parentId: trace_id, hmacKey: KEY })),
    )
  })

  it('sends no trace headers to a forbidden host that it is redirected to', async () => {
    instrumented(undefined, { propagateTo: '127.0.0.1' })

    await inTrace(() => get(`/redirect?to=http://localhost:${server.port}/ok`))

    const [first, second] = records.filter(({ name }) => name === 'http-start')
    expect(second?.info.requests).toMatchObject({ hostname: 'localhost' })
    expect(server.arrived.map(carried)).toEqual([expect.objectContaining({ parentId: first?.trace_id }), undefined])
  })

  it.each([404, 500, 204])('records the status %i, and no exception', async code => {
    instrumented()

    await inTrace(() => get(`/status?code=${code}`))

    const { info } = only(records, 'http-stop')
    expect(info).toMatchObject({ requests: { status_code: code } })
    expect(info).not.toHaveProperty('etype')
  })

  it('ends when its trace ends if the body is not read, and still records its status', async () => {
    instrumented()

    await inTrace(async () => void (await fetch(`${server.origin}/big`)))
    await until(() => records.length === 2)

    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 503 })
  })

  it('ends when its body is canceled', async () => {
    instrumented()

    await inTrace(async () => {
      const { body } = await fetch(`${server.origin}/big`)
      await body?.cancel()
      await until(() => records.some(({ name }) => name === 'http-stop'))
    })

    expect(only(records, 'http-stop').info).toMatchObject({ requests: { status_code: 503 }, etype: 'AbortError' })
  })

  it('records the connection error', async () => {
    instrumented()
    const port = await findFreePort()

    const { result } = await inTrace(() => fetch(`http://127.0.0.1:${port}/`).catch((error: Error) => error))

    expect(result).toBeInstanceOf(TypeError)
    expect(only(records, 'http-stop').info.message).toContain('ECONNREFUSED')
  })

  it('records the error of the first address if all addresses of a host fail', async () => {
    instrumented()
    const port = await findFreePort()

    await inTrace(() => fetch(`http://localhost:${port}/`).catch((error: Error) => error))

    expect(only(records, 'http-stop').info.message).toContain('ECONNREFUSED')
  })

  it('ends with an AbortError when it is aborted', async () => {
    instrumented()
    const controller = new AbortController()

    await inTrace(async () => {
      const answer = get('/never', { signal: controller.signal }).catch(() => undefined)
      await until(() => server.arrived.length === 1)
      controller.abort()
      return answer
    })

    expect(only(records, 'http-stop').info).toMatchObject({ etype: 'AbortError' })
  })

  it('is not recorded if it was aborted before it started', async () => {
    instrumented()

    await inTrace(() => get('/never', { signal: AbortSignal.abort() }).catch(() => undefined))

    expect(records).toEqual([])
  })

  it('ends with a TimeoutError when it takes too long', async () => {
    instrumented()

    await inTrace(() => get('/never', { signal: AbortSignal.timeout(30) }).catch(() => undefined))

    expect(only(records, 'http-stop').info).toMatchObject({ etype: 'TimeoutError' })
  })

  it('ends with the error if the response is cut off, and still records its status', async () => {
    instrumented()

    await inTrace(() => get('/cut').catch(() => undefined))

    const { info } = only(records, 'http-stop')
    expect(info.requests).toMatchObject({ status_code: 200 })
    expect(info.etype).toBeTypeOf('string')
  })

  it('ends when its response ends, even if its trace ends earlier', async () => {
    instrumented()
    let answer: Promise<string> | undefined

    await inTrace(async () => {
      await undefined
      answer = get('/slow?ms=50')
    })
    const atEnd = records.map(({ name }) => name)
    await answer

    expect(atEnd).toEqual(['http-start'])
    expect(records.map(({ name }) => name)).toEqual(['http-start', 'http-stop'])
    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 200 })
  })
})

describe('trace headers', () => {
  it('are not sent to a forbidden host, but the request is recorded', async () => {
    instrumented(undefined, { propagateTo: ['catalog.example'] })

    await inTrace(() => get('/ok'))

    expect(server.arrived.map(carried)).toEqual([undefined])
    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 200 })
  })

  it('are not sent if the propagateTo function does not return true', async () => {
    const asked: string[] = []
    instrumented(undefined, {
      propagateTo: ({ href }) => {
        asked.push(href)
        throw new Error('no such list')
      },
    })

    await inTrace(() => get('/ok?q=1'))

    expect(asked).toEqual([`${server.origin}/ok?q=1`])
    expect(server.arrived.map(carried)).toEqual([undefined])
  })

  it.each(['X-Trace-Info', 'x-trace-info', 'X-TRACE-HMAC'])(
    'are not sent if the program has set %s itself',
    async name => {
      instrumented()

      await inTrace(() => get('/ok', { headers: { [name]: 'mine' } }))

      const names = server.arrived[0]?.rawHeaders.filter(header => /^x-trace/i.test(header))
      expect(names).toEqual([name])
      expect(server.arrived[0]?.headers[name.toLowerCase()]).toBe('mine')
      expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 200 })
    },
  )

  it.each([
    'AWS4-HMAC-SHA256 Credential=AK/20260101/eu/s3/aws4_request, SignedHeaders=host, Signature=SEALED',
    'AWS AK:SEALED',
    'GOOG4-RSA-SHA256 Credential=SEALED',
    'SharedKey account:SEALED',
    'Signature keyId="SEALED"',
  ])('are not sent with a request that is signed with %s', async authorization => {
    instrumented()

    await inTrace(() => get('/ok', { headers: { authorization } }))

    expect(server.arrived[0]?.rawHeaders.some(name => /^x-trace/i.test(name))).toBe(false)
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it('are sent with a bearer token, which is not recorded', async () => {
    instrumented()

    await inTrace(() => get('/ok', { headers: { authorization: 'Bearer SEALED', cookie: 'SEALED' } }))

    expect(server.arrived.map(carried)).toEqual([expect.anything()])
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it('are not sent with an untraced request, which is not recorded either', async () => {
    instrumented()

    await get('/ok')
    await inTrace(() => suppress(() => get('/ok')))

    expect(server.arrived.map(carried)).toEqual([undefined, undefined])
    expect(records).toEqual([])
  })
})

describe('instrument()', () => {
  it('returns a function that removes the instruments', async () => {
    const undo = instrument()
    undo()
    undo()

    await inTrace(() => get('/ok'))

    expect(server.arrived.map(carried)).toEqual([undefined])
    expect(records).toEqual([])
  })

  it('records the end of a request that is in progress when the instruments are removed', async () => {
    const undo = instrumented()

    await inTrace(async () => {
      const answer = get('/slow')
      await until(() => records.length === 1)
      undo()
      await answer
    })

    expect(records.map(({ name }) => name)).toEqual(['http-start', 'http-stop'])
  })

  it('records one point per request if it is called twice, even after one of the two calls is undone', async () => {
    instrumented()
    const undo = instrumented()

    await inTrace(() => get('/ok'))
    undo()
    await inTrace(() => get('/ok'))

    expect(records.map(({ name }) => name)).toEqual(['http-start', 'http-stop', 'http-start', 'http-stop'])
    for (const { rawHeaders } of server.arrived) {
      expect(rawHeaders.filter(name => /^x-trace/i.test(name))).toHaveLength(2)
    }
  })

  it('records one point per request if two copies of the package are installed', async () => {
    const second = await importCopy()
    instrumented()
    undoAfterTest(second.instrument())

    await inTrace(() => get('/ok'))

    expect(second.instrument).not.toBe(instrument)
    expect(records.map(({ name }) => name)).toEqual(['http-start', 'http-stop'])
    expect(server.arrived[0]?.rawHeaders.filter(name => /^x-trace/i.test(name))).toHaveLength(2)
  })

  it('subscribes to no channel if the list of instruments is empty', async () => {
    instrumented([])

    await inTrace(() => get('/ok'))

    expect(records).toEqual([])
  })

  it('throws for an unknown name, and lists the known names', () => {
    expect(() => instrument(['ftp' as 'fetch'])).toThrow(/^No instrument "ftp"\. Known: .*fetch, http, /)
    expect(() => instrument(['toString' as 'fetch'])).toThrow(TypeError)
  })

  it('throws for a library that cannot be passed in the option `libraries`', () => {
    expect(() => instrument(['fetch'], { libraries: { postgresql: {} } })).toThrow(
      /"postgresql"\. Known: .*pg, postgres/,
    )
    expect(() => instrument(['fetch'], { libraries: null as never })).toThrow(TypeError)
  })

  it('subscribes to no channel if a rule is malformed', async () => {
    expect(() => instrument(undefined, { propagateTo: 'http://catalog' })).toThrow(TypeError)

    await inTrace(() => get('/ok'))

    expect(records).toEqual([])
  })
})
