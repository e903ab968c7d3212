import { createRequire } from 'node:module'
import { signedPack } from '@osprofiler/core'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { collectRecords } from './adapters/collect-records.js'
import { ADAPTERS, type AdapterServer, serveWith } from './adapters/serve-with.js'

const FAULTY_HOOKS: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('TOPSECRET')
  },
  'throws a value that is not an error': () => {
    throw undefined
  },
  'is async and returns true': async () => true,
  'is async and returns false': async () => false,
  'is async and rejects': async () => {
    throw new Error('TOPSECRET')
  },
  'returns a rejected promise that a library created': () =>
    createRequire(import.meta.url)('bluebird').reject(new Error('TOPSECRET')),
  'returns a hostile promise': () =>
    Object.defineProperty({}, 'then', {
      get() {
        throw new Error('TOPSECRET')
      },
    }),
}

collectRecords()
let server: AdapterServer | undefined
let warnings: MockInstance
const unhandled = vi.fn()

beforeEach(() => {
  warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  process.on('unhandledRejection', unhandled)
})
afterEach(async () => {
  process.off('unhandledRejection', unhandled)
  warnings.mockRestore()
  await server?.close()
})

describe.each(ADAPTERS)('%s', adapter => {
  it.each(Object.entries(FAULTY_HOOKS))('serves and traces a request if its ignore hook %s', async (_how, ignore) => {
    server = await serveWith(adapter, {
      hmacKeys: 'KEY',
      options: { ignore: ignore as () => boolean },
      answer: () => 'served',
    })
    const [info, hmac] = signedPack({ base_id: 'trace' }, 'KEY')

    const response = await fetch(server.url, { headers: { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } })
    await new Promise(resolve => setTimeout(resolve, 5))

    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('served')])
    expect(server.stats).toMatchObject({ traced: 1 })
    expect(unhandled).not.toHaveBeenCalled()
    expect(JSON.stringify(warnings.mock.calls)).not.toContain('TOPSECRET')
  })
})
