import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { expectFailure, expectOthers } from './refused-records.js'

const PAGE = 'https://github\\.com/osprofiler/osprofiler-node/blob/main/docs/stores/redis\\.md'

let server: RedisServer
let secure: RedisServer
beforeAll(async () => {
  server = await startRedis({ password: 's3cret' })
  secure = await startRedis({ tls: true })
})
afterAll(async () => {
  await server.stop()
  await secure.stop()
})

/** Sets an option of the server for the rest of the test. */
async function set(name: string, value: string, restored: string): Promise<void> {
  await server.command('CONFIG', 'SET', name, value)
  onTestFinished(async () => {
    await server.command('CONFIG', 'SET', name, restored)
  })
}

async function addUser(...rights: readonly string[]): Promise<string> {
  await server.command('ACL', 'SETUSER', 'limited', 'reset', 'on', '>s3cret', ...rights)
  return server.url.replace('://:', '://limited:')
}

describe('a process that writes to Redis gets a warning and keeps all records if', () => {
  it('the password is wrong', async () => {
    await expectFailure(server.url.replace('s3cret', 'wr0ng'), /password is wrong or missing/)
  })

  it('a password is missing', async () => {
    await expectFailure(server.url.replace(':s3cret@', ''), /password is wrong or missing/)
  })

  it('the database does not exist', async () => {
    await expectFailure(`${server.url}/99`, /no such database; see its setting "databases"/)
  })

  it('the server speaks TLS', async () => {
    await expectFailure(secure.url.replace('rediss', 'redis'), /does it speak TLS \(rediss:\/\/\)/)
  })

  it('the server speaks HTTP', async () => {
    const web = createServer((_, response) => response.end()).listen(0, '127.0.0.1')
    onTestFinished(() => void web.close())
    await once(web, 'listening')

    await expectFailure(`redis://127.0.0.1:${(web.address() as AddressInfo).port}`, /: the server is not a Redis\./)
  })

  it('the certificate is not trusted', async () => {
    await expectFailure(secure.url, new RegExp(`ssl_ca_certs.*${PAGE}#options`))
  })

  it('the user may not run a command', async () => {
    await expectFailure(
      await addUser('~*', '+ping', '+select'),
      new RegExp(`may not run a command.*${PAGE}#what-it-needs .*lpush`),
    )
  })

  it('the user may not use the keys', async () => {
    await expectFailure(await addUser('~other', '+@all'), /may not run a command.*key/)
  })

  it('the memory is full', async () => {
    await set('maxmemory', '1kb', '0')

    await expectFailure(server.url, /it is full \(maxmemory\)/)
  })

  it('the server has too few replicas', async () => {
    await set('min-replicas-to-write', '1', '0')

    await expectFailure(server.url, /too few replicas.*min-replicas-to-write/)
  })
})

describe('Redis keeps the other records of a batch if one record', () => {
  it('is invalid or has an id that cannot be a key', async () => {
    const { stats } = await expectOthers(server.url, [{ base_id: '\ud800' }, { timestamp: 'never' }])

    expect(stats).toMatchObject({ dropped: 2, unknown: 0 })
  })

  it('belongs to a trace whose key has another type', async () => {
    await server.command('SET', 'osprofiler_opt:taken', 'not a list')

    const { stats, warnings } = await expectOthers(server.url, [{ base_id: 'taken' }])

    expect(stats).toMatchObject({ dropped: 1, unknown: 0 })
    expect(warnings).toEqual([{ code: 'OSPROFILER_RECORDS_DROPPED', message: expect.stringMatching(/WRONGTYPE/) }])
  })

  it('is larger than proto-max-bulk-len', async () => {
    await set('proto-max-bulk-len', '1048576', '536870912')

    const { stats } = await expectOthers(server.url, [{ info: { text: 'x'.repeat(2_000_000) } }])

    // The server closes the connection after its answer, so the client may not receive the answer.
    expect(stats.dropped + stats.unknown).toBe(1)
  })

  it('is larger than client-query-buffer-limit', async () => {
    await set('client-query-buffer-limit', '1048576', '1073741824')

    const { stats } = await expectOthers(server.url, [{ info: { text: 'x'.repeat(3_000_000) } }])

    expect(stats.dropped + stats.unknown).toBe(1)
  })

  it.each([
    ['alone in its batch', {}],
    ['in a batch with other records', { batchBytes: 100_000_000 }],
  ])('is larger than the free memory, %s', async (_, options) => {
    await set('maxmemory', '20mb', '0')

    const { stats, warnings } = await expectOthers(server.url, [{ info: { text: 'x'.repeat(25_000_000) } }], options)

    expect(stats).toMatchObject({ dropped: 1, unknown: 0 })
    expect(warnings).toEqual([
      { code: 'OSPROFILER_RECORDS_DROPPED', message: expect.stringMatching(/it is full \(maxmemory\)/) },
    ])
  })
})
