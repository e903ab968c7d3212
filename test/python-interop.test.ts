import { readFileSync } from 'node:fs'
import { getTraceIdHeaders, run, signedPack, type TraceHeaders, type TraceRecord, withTrace } from '@osprofiler/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectRecords } from './adapters/collect-records.js'
import { ADAPTERS, type Adapter, type AdapterServer, serveWith } from './adapters/serve-with.js'
import { describeForEachPython } from './python/each-python.js'
import { type HeadersPeer, openHeadersPeer } from './python/headers-peer.js'
import { startWsgiApp, type WsgiApp } from './python/wsgi-app.js'

const records = collectRecords()
let python: WsgiApp
let peer: HeadersPeer

async function readPythonRecords(baseId: string): Promise<TraceRecord[]> {
  const all = await python.records()
  return all.filter(({ base_id }) => base_id === baseId)
}

async function get(url: string, { ...headers }: TraceHeaders): Promise<unknown> {
  const response = await fetch(url, { headers })
  return response.json()
}

function toTraceHeaders([info, hmac]: readonly [info: string, hmac: string]): TraceHeaders {
  return { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac }
}

describeForEachPython('the trace headers of both implementations', () => {
  beforeAll(async () => {
    peer = openHeadersPeer()
    python = await startWsgiApp('OLD_KEY, SECRET_KEY')
  })
  afterAll(() => Promise.all([python.stop(), peer.stop()]))

  describe('trace headers that Node signed', () => {
    it.each(['8d28af1e-acc0-498c-9890-6908e33eff5f', 'trace-1', 'следа', 'a"\\\u007f\u{1f600}', '>>>???'])(
      'start a trace with the id %s in the Python middleware if signedPack created them',
      async baseId => {
        await get(python.url, toTraceHeaders(signedPack({ base_id: baseId, parent_id: 'the caller' }, 'SECRET_KEY')))

        expect(await readPythonRecords(baseId)).toMatchObject([
          { name: 'wsgi-start', base_id: baseId, parent_id: 'the caller', info: { request: { path: '/' } } },
          { name: 'wsgi-stop', base_id: baseId, parent_id: 'the caller' },
        ])
      },
    )

    it('continue the trace of the open point in the Python middleware if getTraceIdHeaders created them', async () => {
      await run({ hmacKey: 'SECRET_KEY', baseId: 'from-headers' }, () =>
        withTrace('outgoing', () => get(python.url, getTraceIdHeaders())),
      )

      expect(records[0]).toMatchObject({ name: 'outgoing-start', parent_id: 'from-headers' })
      expect(await readPythonRecords('from-headers')).toMatchObject([
        { name: 'wsgi-start', parent_id: records[0]?.trace_id },
        { name: 'wsgi-stop', parent_id: records[0]?.trace_id },
      ])
    })

    it('start no trace if Python does not know their key', async () => {
      await get(python.url, toTraceHeaders(signedPack({ base_id: 'unknown-key' }, 'OTHER')))

      expect(await readPythonRecords('unknown-key')).toEqual([])
    })
  })

  describe('the trace headers in the recorded vectors', () => {
    it('are accepted or refused by Python as recorded', async () => {
      const path = new URL('fixtures/conformance/headers.json', import.meta.url)
      const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: Record<string, never>[] }
      for (const { note, x_trace_info, x_trace_hmac, keys, traced, python_raises } of vectors) {
        const decision = await peer.decide(x_trace_info ?? null, x_trace_hmac ?? null, keys ?? [])

        if (python_raises !== undefined)
          expect({ note, decision }).toEqual({ note, decision: { raises: python_raises } })
        else expect({ note, traced: decision !== null }).toEqual({ note, traced })
      }
    })
  })

  describe.each(ADAPTERS)('trace headers in %s', adapter => {
    let server: AdapterServer
    beforeAll(async () => {
      server = await serveWith(adapter, { hmacKeys: ['NEW_KEY', 'SECRET_KEY'], answer: () => getTraceIdHeaders() })
    })
    afterAll(() => server.close())

    it('start a trace if Python signed them, and Python accepts the headers that Node sends', async () => {
      const pair = await peer.pack({ base_id: `python-${adapter}-ключ`, parent_id: 'point' }, 'SECRET_KEY')

      const sentOn = await get(server.url, toTraceHeaders(pair))

      expect(records).toMatchObject([
        { name: 'wsgi-start', base_id: `python-${adapter}-ключ`, parent_id: 'point' },
        { name: 'wsgi-stop', base_id: `python-${adapter}-ключ`, parent_id: 'point' },
      ])
      const { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } = sentOn as TraceHeaders
      expect(await peer.decide(info ?? null, hmac ?? null, ['SECRET_KEY'])).toEqual({
        baseId: `python-${adapter}-ключ`,
        parentId: records[0]?.trace_id,
        hmacKey: 'SECRET_KEY',
      })
    })

    it('connect services in the order Node, Python, Node, Python in one trace', async () => {
      const baseId = `chain-${adapter}`
      const second = await serveWith(pickNextAdapter(adapter), {
        hmacKeys: 'SECRET_KEY',
        answer: () => get(`${python.url}/last`, getTraceIdHeaders()),
      })
      const first = await serveWith(adapter, {
        hmacKeys: 'SECRET_KEY',
        answer: () => withTrace('step', () => get(`${python.url}/call?url=${second.url}/middle`, getTraceIdHeaders())),
      })
      await get(`${first.url}/first`, toTraceHeaders(signedPack({ base_id: baseId }, 'SECRET_KEY')))
      await Promise.all([first.close(), second.close()])

      const all = [...records, ...(await readPythonRecords(baseId))]
      const starts = all.filter(({ name }) => name.endsWith('-start'))
      const pathOf = ({ info, name }: TraceRecord) => (info.request as { path?: string } | undefined)?.path ?? name
      const byPath = new Map(starts.map(record => [pathOf(record), record]))
      const chain = ['/first', 'step-start', '/call', 'call-start', '/middle', '/last']
      expect([...byPath.keys()].sort()).toEqual([...chain].sort())
      const idOf = (path: string | undefined) => (path === undefined ? baseId : byPath.get(path)?.trace_id)
      for (const [index, path] of chain.entries()) {
        expect(byPath.get(path)).toMatchObject({ base_id: baseId, parent_id: idOf(chain[index - 1]) })
      }
      expect(all).toHaveLength(2 * chain.length)
    })
  })
})

/** Returns another adapter, so that each chain uses two frameworks. */
function pickNextAdapter(adapter: Adapter): Adapter {
  return ADAPTERS[(ADAPTERS.indexOf(adapter) + 1) % ADAPTERS.length] ?? adapter
}
