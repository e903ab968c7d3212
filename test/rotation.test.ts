import { EventEmitter, once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { inspect } from 'node:util'
import { configure, getTraceIdHeaders, KeyRing, signedPack, type TraceHeaders } from '@osprofiler/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { collectRecords } from './adapters/collect-records.js'
import { ADAPTERS, type Adapter, type AdapterServer, type Serving, serveWith } from './adapters/serve-with.js'

const records = collectRecords()
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function serve(adapter: Adapter, serving: Serving): Promise<AdapterServer> {
  const server = await serveWith(adapter, serving)
  cleanups.push(() => server.close())
  return server
}

function createHeaders(key: string, baseId = `signed-with-${key}`): TraceHeaders {
  const [info, hmac] = signedPack({ base_id: baseId }, key)
  return { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac }
}

async function get(url: string, headers: TraceHeaders): Promise<unknown> {
  const response = await fetch(url, { headers: { ...headers } })
  expect(response.status).toBe(200)
  return response.json()
}

/** Returns the key that signed the forwarded headers, or `undefined` if there are no such headers. */
function findSigner(headers: unknown): string | undefined {
  const { 'X-Trace-Info': info = '', 'X-Trace-HMAC': hmac = '' } = headers as TraceHeaders
  return new KeyRing('A,B,C').verify(info, hmac)
}

describe.each(ADAPTERS)('%s', adapter => {
  it.each([
    ['A,B', 'A'],
    ['B,A', 'A'],
    ['B', undefined],
  ])(
    'with the keys %s, and a caller that signs with the key A, signs its own calls with the key: %s',
    async (hmacKeys, signer) => {
      const server = await serve(adapter, { hmacKeys, answer: () => getTraceIdHeaders() })

      const sentOn = await get(server.url, createHeaders('A'))

      expect(findSigner(sentOn)).toBe(signer)
      expect(records.length).toBe(signer === undefined ? 0 : 2)
    },
  )

  it('keeps traces complete during a rotation if each service shares a key with its caller', async () => {
    const last = await serve(adapter, { hmacKeys: ['C', 'A'], answer: () => getTraceIdHeaders() })
    const first = await serve(adapter, {
      hmacKeys: 'B,A',
      answer: () => get(last.url, getTraceIdHeaders() as TraceHeaders),
    })

    const sentOn = await get(first.url, createHeaders('A'))

    expect(findSigner(sentOn)).toBe('A')
    expect(new Set(records.map(({ base_id }) => base_id))).toEqual(new Set(['signed-with-A']))
    expect(records).toHaveLength(4)
  })

  it('shows with counters when the old key is no longer used', async () => {
    const server = await serve(adapter, { hmacKeys: 'B,A', answer: () => ({}) })
    await get(server.url, createHeaders('A'))
    await get(server.url, createHeaders('A'))
    await get(server.url, createHeaders('B'))
    await get(server.url, createHeaders('C'))
    const before = server.stats

    await get(server.url, createHeaders('B'))

    expect(before).toMatchObject({ traced: 3, tracedByKey: [1, 2], refused: { 'unknown-key': 1 } })
    expect(server.stats).toMatchObject({ traced: 4, tracedByKey: [2, 2] })
  })

  it('does not reveal its keys to util.inspect(), String() or JSON.stringify()', async () => {
    const server = await serve(adapter, { hmacKeys: ['SECRET-NEW', 'SECRET-OLD'], answer: () => ({}) })
    await get(server.url, createHeaders('SECRET-OLD'))

    expect(server.stats.tracedByKey).toEqual([0, 1])
    for (const value of [...server.shown, server.stats]) {
      expect(inspect(value, { depth: 12, showHidden: true })).not.toContain('SECRET')
      expect(String(value)).not.toContain('SECRET')
    }
    expect(JSON.stringify([server.stats, records.map(({ info }) => info)])).not.toContain('SECRET')
  })

  describe('with a keys file', () => {
    let file: string
    let now: number

    beforeEach(() => {
      const folder = mkdtempSync(join(tmpdir(), 'osprofiler-keys-'))
      cleanups.push(() => rmSync(folder, { recursive: true }))
      file = join(folder, 'keys')
      // The file is checked once a second. The tests advance the clock instead of waiting.
      now = Math.ceil(performance.now())
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
      vi.stubEnv('OSPROFILER_HMAC_KEYS_FILE', file)
      const restore = configure({})
      cleanups.push(() => {
        clock.mockRestore()
        vi.unstubAllEnvs()
        restore()
      })
    })

    async function isTraced(server: AdapterServer, key: string): Promise<boolean> {
      const before = server.stats.traced
      await get(server.url, createHeaders(key))
      return server.stats.traced === before + 1
    }

    it('uses keys that changed between two requests, without a restart', async () => {
      writeFileSync(file, 'A\n')
      const server = await serve(adapter, { answer: () => ({}) })
      expect([await isTraced(server, 'A'), await isTraced(server, 'B')]).toEqual([true, false])

      writeFileSync(file, 'B,A')
      now += 1_000

      expect([await isTraced(server, 'A'), await isTraced(server, 'B')]).toEqual([true, true])
      expect(server.stats.tracedByKey).toEqual([1, 2])

      writeFileSync(file, '\ufeffB\r\n\r\n C \r\n')
      now += 1_000

      expect([await isTraced(server, 'A'), await isTraced(server, 'B'), await isTraced(server, 'C')]).toEqual([
        false,
        true,
        true,
      ])
      expect(server.stats.tracedByKey).toEqual([2, 1])
    })

    it('checks the file at most once a second', async () => {
      writeFileSync(file, 'A')
      const server = await serve(adapter, { answer: () => ({}) })
      expect(await isTraced(server, 'A')).toBe(true)

      writeFileSync(file, 'B')
      now += 999
      expect([await isTraced(server, 'A'), await isTraced(server, 'B')]).toEqual([true, false])

      now += 1
      expect([await isTraced(server, 'A'), await isTraced(server, 'B')]).toEqual([false, true])
    })

    it('keeps the old key for a running trace, and signs its calls with that key', async () => {
      writeFileSync(file, 'A')
      const doors = new EventEmitter()
      const server = await serve(adapter, {
        async answer({ pathname }) {
          if (pathname !== '/slow') return {}
          const opened = once(doors, 'open')
          doors.emit('arrived')
          await opened
          return getTraceIdHeaders()
        },
      })
      const arrived = once(doors, 'arrived')
      const slow = get(`${server.url}/slow`, createHeaders('A'))
      await arrived

      writeFileSync(file, 'B')
      now += 1_000
      expect([await isTraced(server, 'A'), await isTraced(server, 'B')]).toEqual([false, true])
      doors.emit('open')

      expect(findSigner(await slow)).toBe('A')
      const ended = records.filter(({ base_id }) => base_id === 'signed-with-A').map(({ name }) => name)
      expect(ended).toEqual(['wsgi-start', 'wsgi-stop'])
    })

    it('revokes all keys when the file is emptied, and accepts new keys later', async () => {
      writeFileSync(file, 'A')
      const server = await serve(adapter, { answer: () => ({}) })
      expect(await isTraced(server, 'A')).toBe(true)

      writeFileSync(file, '\n')
      now += 1_000
      expect(await isTraced(server, 'A')).toBe(false)
      expect(server.stats).toMatchObject({ refused: { 'no-keys': 1 }, tracedByKey: [] })

      writeFileSync(file, 'A')
      now += 1_000
      expect(await isTraced(server, 'A')).toBe(true)
    })

    it('keeps the last valid keys while the file cannot be read, and warns once', async () => {
      writeFileSync(file, 'SECRET-o7Vt2kQ9xWc4LmZs,A', { mode: 0o600 })
      const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
      cleanups.push(() => warnings.mockRestore())
      const server = await serve(adapter, { answer: () => ({}) })
      expect(await isTraced(server, 'A')).toBe(true)

      unlinkSync(file)
      for (let second = 0; second < 3; second++) {
        now += 1_000
        expect(await isTraced(server, 'A')).toBe(true)
      }
      writeFileSync(file, `SECRET${'x'.repeat(64 * 1024)}`)
      now += 1_000
      expect(await isTraced(server, 'A')).toBe(true)

      const told = warnings.mock.calls.map(([message]) => String(message))
      expect(told).toEqual([expect.stringContaining(`Cannot read the HMAC keys in ${file} (ENOENT)`)])
      expect(told.join()).not.toContain('SECRET')

      writeFileSync(file, 'B')
      now += 1_000
      expect([await isTraced(server, 'A'), await isTraced(server, 'B')]).toEqual([false, true])
    })

    it('has no keys while the file does not exist, and uses keys when they appear', async () => {
      const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
      cleanups.push(() => warnings.mockRestore())
      const server = await serve(adapter, { answer: () => ({}) })
      expect(await isTraced(server, 'A')).toBe(false)

      writeFileSync(file, 'A')
      now += 1_000

      expect(await isTraced(server, 'A')).toBe(true)
    })

    it('uses the new keys if a rename replaced the file or a symbolic link, as in Kubernetes', async () => {
      const target = `${file}.v1`
      writeFileSync(target, 'A')
      symlinkSync(target, file)
      const server = await serve(adapter, { answer: () => ({}) })
      expect(await isTraced(server, 'A')).toBe(true)

      writeFileSync(`${file}.v2`, 'B')
      symlinkSync(`${file}.v2`, `${file}.tmp`)
      renameSync(`${file}.tmp`, file)
      unlinkSync(target)
      now += 1_000
      expect([await isTraced(server, 'A'), await isTraced(server, 'B')]).toEqual([false, true])

      writeFileSync(`${file}.v3`, 'A')
      renameSync(`${file}.v3`, file)
      now += 1_000
      expect([await isTraced(server, 'A'), await isTraced(server, 'B')]).toEqual([true, false])
    })

    it('traces nothing if the environment also names keys, and warns', async () => {
      const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
      cleanups.push(() => warnings.mockRestore())
      writeFileSync(file, 'A')
      vi.stubEnv('OSPROFILER_HMAC_KEYS', 'A,SECRET')
      const server = await serve(adapter, { answer: () => ({}) })

      expect(await isTraced(server, 'A')).toBe(false)

      const told = warnings.mock.calls.map(([message]) => String(message))
      expect(told).toEqual([expect.stringContaining('Both OSPROFILER_HMAC_KEYS and OSPROFILER_HMAC_KEYS_FILE are set')])
      expect(told.join()).not.toContain('SECRET')
    })
  })
})
