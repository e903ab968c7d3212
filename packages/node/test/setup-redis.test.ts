import { run, withTrace } from '@osprofiler/core'
import { type SetupOptions, setup } from '@osprofiler/node'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())
afterEach(() => vi.unstubAllEnvs())

/** Records a failed trace. Returns the number of failed traces that Redis lists afterwards. */
async function failedTraces(options: SetupOptions & { readonly notifier?: undefined }): Promise<number> {
  const osprofiler = setup({ connectionString: server.url, ...options })
  const failing = () => {
    throw new Error('out of stock')
  }
  const fail = () => run({ hmacKey: 'SECRET' }, () => withTrace('work', failing))

  expect(fail).toThrow('out of stock')
  await osprofiler.flush()
  const found = (await osprofiler.driver?.listErrorTraces?.()) ?? []
  await osprofiler.close()
  return found.length
}

describe('the list of failed traces in Redis', () => {
  it('is filled if filterErrorTrace is true, or if it is unset and OSPROFILER_FILTER_ERROR_TRACE is true', async () => {
    const byDefault = await failedTraces({})
    const byOption = await failedTraces({ filterErrorTrace: true })
    vi.stubEnv('OSPROFILER_FILTER_ERROR_TRACE', 'true')
    const byEnvironment = await failedTraces({})
    const byBoth = await failedTraces({ filterErrorTrace: false })

    expect([byDefault, byOption, byEnvironment, byBoth]).toEqual([0, 1, 2, 2])
  })
})
