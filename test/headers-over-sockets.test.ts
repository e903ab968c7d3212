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

function createPair(info: string | null, hmac: string | null): RawHeader[] {
  const headers: RawHeader[] = []
  if (info !== null) headers.push(['X-Trace-Info', info])
  if (hmac !== null) headers.push(['X-Trace-HMAC', hmac])
  return headers
}

describe.each(ADAPTERS)('%s', adapter => {
  it.each(overSockets)('traces the request of a test vector if and only if the vector says so: $note', async vector => {
    let sentOn: TraceHeaders = {}
    const server = await serveWith(adapter, {
      hmacKeys: vector.keys,
      answer() {
        sentOn = getTraceIdHeaders()
        return { served: true }
      },
    })
    const response = await sendRaw(server.port, createPair(vector.x_trace_info, vector.x_trace_hmac))
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

  describe('with malformed trace headers', () => {
    const [info, hmac] = signedPack({ base_id: 'base', parent_id: 'parent' }, 'KEY')
    let server: AdapterServer
    let untouched: RawResponse

    beforeAll(async () => {
      server = await serveWith(adapter, { hmacKeys: 'OTHER,KEY', answer: () => ({ served: true }) })
      untouched = await sendRaw(server.port, [])
    })
    afterAll(() => server.close())

    function sign(text: string): RawHeader[] {
      return createPair(text, new KeyRing('KEY').sign(text))
    }

    function encode(json: string): string {
      return Buffer.from(json).toString('base64')
    }

    const cases: Record<string, readonly RawHeader[]> = {
      'an HMAC that is one digit too short': createPair(info, hmac.slice(1)),
      'an HMAC that is one digit too long': createPair(info, `${hmac}0`),
      'an HMAC of one digit': createPair(info, hmac.slice(0, 1)),
      'an HMAC of 16 KiB': createPair(info, 'a'.repeat(16 * 1024)),
      'an HMAC of 16 KiB that begins with the valid HMAC': createPair(info, hmac + 'a'.repeat(16 * 1024)),
      'an HMAC of non-ASCII characters': createPair(info, 'é'.repeat(40)),
      'an HMAC with bytes that are not UTF-8': createPair(info, '\xff\xfe'.repeat(20)),
      'an HMAC whose digits are superscripts in Latin-1': createPair(info, hmac.replaceAll(/\d/g, '\xb2')),
      'an info with a non-ASCII character': createPair(`${info}é`, hmac),
      'an info of non-ASCII characters, signed': sign('é'.repeat(100)),
      'an info of UTF-8 bytes, signed': sign(Buffer.from('{"base_id": "следа"}').toString('latin1')),
      'the HMAC twice': [...createPair(info, hmac), ['X-Trace-HMAC', hmac]],
      'the info twice': [...createPair(info, hmac), ['x-trace-info', info]],
      'both headers twice': [...createPair(info, hmac), ...createPair(info, hmac)],
      'both headers twice, and different ones first': [
        ...createPair('e30=', '0'.repeat(40)),
        ...createPair(info, hmac),
      ],
      'the info twice, with an HMAC over the joined values': [
        ...createPair(info, null),
        ...createPair(info, new KeyRing('KEY').sign(`${info}, ${info}`)),
      ],
      'a hundred HMAC headers': Array.from({ length: 100 }, (): RawHeader => ['X-Trace-HMAC', hmac]),
      'the header values swapped': createPair(hmac, info),
      'an empty info': createPair('', hmac),
      'an empty HMAC': createPair(info, ''),
      '16 KiB of garbage': createPair('~!é\tü'.repeat(3_277), hmac),
      '16 KiB of garbage, signed': sign('!'.repeat(16 * 1024)),
      '16 KiB of base64, signed': sign('A'.repeat(16 * 1024)),
      '100 KiB of base64, signed': sign('A'.repeat(100 * 1024)),
      'an info with 16 KiB of white space inside, signed': sign(
        `${info.slice(0, 8)}${' '.repeat(16 * 1024)}${info.slice(8)}`,
      ),
      'arrays three thousand levels deep, signed': sign(encode(`${'['.repeat(3_000)}${']'.repeat(3_000)}`)),
      'an id three thousand levels deep, signed': sign(encode(`{"base_id": ${'['.repeat(3_000)}${']'.repeat(3_000)}}`)),
      'objects three thousand levels deep, signed': sign(encode(`${'{"":'.repeat(3_000)}0${'}'.repeat(3_000)}`)),
      'nested objects that are not closed, signed': sign(encode(`${'{"base_id":'.repeat(1_000)}`)),
      'an integer of ten thousand digits, signed': sign(encode(`{"base_id": ${'9'.repeat(10_000)}}`)),
      'a string of backslashes, signed': sign(encode(`{"base_id": "${'\\'.repeat(10_001)}"}`)),
      'a long series of quotes, signed': sign(encode(`{${'"'.repeat(12_000)}`)),
      'half a JSON text, signed': sign(encode('{"base_id": "a", "parent_id": "')),
      'invalid UTF-8, signed': sign(Buffer.from('7b22626173655f6964223a22ff227d', 'hex').toString('base64')),
    }

    it.each(Object.entries(cases))('serves a request without tracing it: %s', async (_what, headers) => {
      const response = await sendRaw(server.port, headers)

      expect(response).toEqual(untouched)
      expect(response.status).toBe(200)
      expect(records).toEqual([])
    })

    it('still traces the next request with valid headers', async () => {
      const response = await sendRaw(server.port, createPair(info, hmac))

      expect(response).toEqual(untouched)
      expect(records).toMatchObject([{ base_id: 'base', parent_id: 'parent' }, { base_id: 'base' }])
    })
  })
})
