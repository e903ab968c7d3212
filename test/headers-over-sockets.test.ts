import { readFileSync } from 'node:fs'
import { getTraceIdHeaders, KeyRing, signedPack, type TraceHeaders } from '@osprofiler/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectRecords } from './adapters/collect-records.js'
import { type RawHeader, type RawResponse, sendRaw } from './adapters/send-raw.js'
import { ADAPTERS, type AdapterServer, serveWith } from './adapters/serve-with.js'

interface Vector {
  readonly note: string
  readonly keys: readonly string[]
  readonly x_trace_info: string | null
  readonly x_trace_hmac: string | null
  readonly expect_traced: boolean
  readonly function_only?: boolean
  readonly base_id?: string
  readonly parent_id?: string
  readonly accepted_key?: string
}

const { vectors } = JSON.parse(readFileSync(new URL('fixtures/conformance/headers.json', import.meta.url), 'utf8')) as {
  vectors: Vector[]
}
const overSockets = vectors.filter(vector => vector.function_only !== true)

const records = collectRecords()

function pair(info: string | null, hmac: string | null): RawHeader[] {
  const headers: RawHeader[] = []
  if (info !== null) headers.push(['X-Trace-Info', info])
  if (hmac !== null) headers.push(['X-Trace-HMAC', hmac])
  return headers
}

describe.each(ADAPTERS)('%s', adapter => {
  it.each(overSockets)('decides as recorded from Python: $note', async vector => {
    let sentOn: TraceHeaders = {}
    const server = await serveWith(adapter, {
      hmacKeys: vector.keys,
      answer() {
        sentOn = getTraceIdHeaders()
        return { served: true }
      },
    })
    const response = await sendRaw(server.port, pair(vector.x_trace_info, vector.x_trace_hmac))
    await server.close()

    expect(response).toMatchObject({ status: 200, body: '{"served":true}' })
    if (vector.expect_traced) {
      const { base_id, parent_id, accepted_key } = vector
      expect(records).toMatchObject([
        { name: 'wsgi-start', base_id, parent_id },
        { name: 'wsgi-stop', base_id, parent_id, info: { response: { status_code: 200 } } },
      ])
      const { 'X-Trace-Info': info = '', 'X-Trace-HMAC': hmac = '' } = sentOn
      expect(new KeyRing([accepted_key ?? '']).verify(info, hmac)).toBe(accepted_key)
      expect(JSON.parse(Buffer.from(info, 'base64').toString())).toEqual({ base_id, parent_id: records[0]?.trace_id })
    } else {
      expect(records).toEqual([])
      expect(sentOn).toEqual({})
    }
  })

  describe('given what no client sends', () => {
    const [info, hmac] = signedPack({ base_id: 'base', parent_id: 'parent' }, 'KEY')
    let server: AdapterServer
    let untouched: RawResponse

    beforeAll(async () => {
      server = await serveWith(adapter, { hmacKeys: 'OTHER,KEY', answer: () => ({ served: true }) })
      untouched = await sendRaw(server.port, [])
    })
    afterAll(() => server.close())

    function sign(text: string): RawHeader[] {
      return pair(text, new KeyRing('KEY').sign(text))
    }

    function encode(json: string): string {
      return Buffer.from(json).toString('base64')
    }

    const cases: Record<string, readonly RawHeader[]> = {
      'an HMAC one digit short': pair(info, hmac.slice(1)),
      'an HMAC one digit long': pair(info, `${hmac}0`),
      'an HMAC of one digit': pair(info, hmac.slice(0, 1)),
      'an HMAC of 16 KiB': pair(info, 'a'.repeat(16 * 1024)),
      'an HMAC of 16 KiB that begins well': pair(info, hmac + 'a'.repeat(16 * 1024)),
      'an HMAC beyond ASCII': pair(info, 'é'.repeat(40)),
      'an HMAC with bytes that are not UTF-8': pair(info, '\xff\xfe'.repeat(20)),
      'an HMAC with fraction digits of Latin-1': pair(info, hmac.replaceAll(/\d/g, '\xb2')),
      'an info beyond ASCII': pair(`${info}é`, hmac),
      'an info beyond ASCII, signed': sign('é'.repeat(100)),
      'an info of UTF-8 bytes, signed': sign(Buffer.from('{"base_id": "следа"}').toString('latin1')),
      'the HMAC twice': [...pair(info, hmac), ['X-Trace-HMAC', hmac]],
      'the info twice': [...pair(info, hmac), ['x-trace-info', info]],
      'both twice': [...pair(info, hmac), ...pair(info, hmac)],
      'both twice, first another': [...pair('e30=', '0'.repeat(40)), ...pair(info, hmac)],
      'the info twice, signed as joined': [
        ...pair(info, null),
        ...pair(info, new KeyRing('KEY').sign(`${info}, ${info}`)),
      ],
      'an HMAC of a hundred headers': Array.from({ length: 100 }, (): RawHeader => ['X-Trace-HMAC', hmac]),
      'the headers the wrong way round': pair(hmac, info),
      'an empty info': pair('', hmac),
      'an empty HMAC': pair(info, ''),
      '16 KiB of garbage': pair('~!é\tü'.repeat(3_277), hmac),
      '16 KiB of garbage, signed': sign('!'.repeat(16 * 1024)),
      '16 KiB of base64, signed': sign('A'.repeat(16 * 1024)),
      '100 KiB of base64, signed': sign('A'.repeat(100 * 1024)),
      '16 KiB of white space within, signed': sign(`${info.slice(0, 8)}${' '.repeat(16 * 1024)}${info.slice(8)}`),
      'arrays three thousand levels deep, signed': sign(encode(`${'['.repeat(3_000)}${']'.repeat(3_000)}`)),
      'an id three thousand levels deep, signed': sign(encode(`{"base_id": ${'['.repeat(3_000)}${']'.repeat(3_000)}}`)),
      'objects three thousand levels deep, signed': sign(encode(`${'{"":'.repeat(3_000)}0${'}'.repeat(3_000)}`)),
      'an id in objects, unclosed, signed': sign(encode(`${'{"base_id":'.repeat(1_000)}`)),
      'an integer of ten thousand digits, signed': sign(encode(`{"base_id": ${'9'.repeat(10_000)}}`)),
      'a string of backslashes, signed': sign(encode(`{"base_id": "${'\\'.repeat(10_001)}"}`)),
      'quotes without end, signed': sign(encode(`{${'"'.repeat(12_000)}`)),
      'half a JSON text, signed': sign(encode('{"base_id": "a", "parent_id": "')),
      'invalid UTF-8, signed': sign(Buffer.from('7b22626173655f6964223a22ff227d', 'hex').toString('base64')),
    }

    it.each(Object.entries(cases))('serves it as ever and does not trace: %s', async (_what, headers) => {
      const response = await sendRaw(server.port, headers)

      expect(response).toEqual(untouched)
      expect(response.status).toBe(200)
      expect(records).toEqual([])
    })

    it('still traces the next request', async () => {
      const response = await sendRaw(server.port, pair(info, hmac))

      expect(response).toEqual(untouched)
      expect(records).toMatchObject([{ base_id: 'base', parent_id: 'parent' }, { base_id: 'base' }])
    })
  })
})
