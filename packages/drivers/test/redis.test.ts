import { inspect } from 'node:util'
import type { Driver } from '@osprofiler/core'
import { type DriverOptions, openDriver } from '@osprofiler/drivers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'

let server: RedisServer
let redis: Redis
beforeAll(async () => {
  server = await startRedis({ password: 's3cret' })
  redis = new Redis(server.url)
})
beforeEach(() => redis.flushall())
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

function open(options = '', driverOptions: DriverOptions = {}): Driver {
  const driver = openDriver(`${server.url}${options}`, driverOptions)
  onTestFinished(() => driver.close())
  return driver
}

describe('redis://', () => {
  it('writes a batch with one LPUSH command per trace', async () => {
    const driver = open()
    await driver.write([makeRecord()])
    const before = await callsOf('lpush')

    await driver.write([...makeTrace(50), ...makeTrace(50)])

    expect((await callsOf('lpush')) - before).toBe(2)
  })

  it('accepts a batch in which one trace is larger than a request may be', async () => {
    const driver = open()
    const trace = makeTrace(12_345)
    const large = makeTrace(4, { info: { text: 'x'.repeat(5_000_000) } })

    await driver.write([...trace, ...large])

    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
    expect(await readAll(driver, large[0]?.base_id ?? '')).toEqual(large)
  })

  it('stores notes about failed traces only with filterErrorTrace', async () => {
    const failed = makeTrace(2, { info: { host: 'h', etype: 'ValueError', message: 'no' } })

    await open().write(failed)
    const withoutNotes = await redis.keys('osprofiler_error:*')
    await open('', { filterErrorTrace: true }).write(failed)

    expect(withoutNotes).toEqual([])
    const note = JSON.parse((await redis.get(`osprofiler_error:${failed[0]?.base_id}`)) ?? '')
    expect(note).toEqual({ base_id: failed[0]?.base_id, timestamp: failed[1]?.timestamp })
  })

  it('makes traces expire after ttl, counted from the last record of a trace', async () => {
    const driver = open('?ttl=1h', { filterErrorTrace: true })
    const trace = makeTrace(2, { info: { etype: 'E' } })
    const keys = [`osprofiler_opt:${trace[0]?.base_id}`, `osprofiler_error:${trace[0]?.base_id}`]

    await driver.write(trace)
    await Promise.all(keys.map(key => redis.expire(key, 10)))
    await driver.write(trace)

    for (const key of keys) {
      expect(await redis.ttl(key)).toBeGreaterThan(3_500)
      expect(await redis.ttl(key)).toBeLessThanOrEqual(3_600)
    }
  })

  it('keeps records that arrive while it prunes', async () => {
    const driver = open()
    const old = makeTrace(3_000)
    const [{ base_id = '' } = {}] = old
    await driver.write(old)

    const pruning = driver.pruneTraces?.(new Date('2026-11-22T11:00:00Z'))
    const late = makeRecord({ base_id, timestamp: '2026-11-22T12:00:00.000000' })
    await redis.lpush(`osprofiler_opt:${base_id}`, JSON.stringify(late))
    await pruning

    expect((await readAll(driver, base_id)).at(-1)).toEqual(late)
  })

  it('reads and deletes only the trace with the given id, not traces that match the id as a pattern', async () => {
    const driver = open()
    for (const id of ['a', 'b', '[ab]', '*']) {
      await redis.set(`osprofiler:${id}point`, JSON.stringify(makeRecord({ base_id: id, name: `${id}-start` })))
    }

    expect(await readAll(driver, '*')).toMatchObject([{ name: '*-start' }])
    expect(await readAll(driver, '[ab]')).toMatchObject([{ name: '[ab]-start' }])
    expect(await readAll(driver, '?')).toEqual([])
    expect(await driver.deleteTrace?.('*')).toBe(1)
    expect(await driver.listTraces?.()).toMatchObject([{ base_id: '[ab]' }, { base_id: 'b' }, { base_id: 'a' }])
    expect(await driver.pruneTraces?.(new Date('2027-01-01T00:00:00Z'))).toBe(3)
    expect(await redis.dbsize()).toBe(0)
  })

  it('does not touch the keys of other programs, even if their names are similar', async () => {
    const driver = open()
    await redis.mset({ session: 'x', 'osprofiler_opt:text': 'x', 'osprofiler_error:text': 'x', 'osprofiler:text': 'x' })
    await redis.lpush('osprofiler_opt:broken', 'no JSON', '[]', '{"base_id":7}')
    await redis.hset('osprofiler_opt:hash', 'a', 'b')

    expect(await driver.listTraces?.()).toEqual([])
    expect(await driver.listErrorTraces?.()).toEqual([])
    expect(await readAll(driver, 'broken')).toEqual([])
    await expect(readAll(driver, 'text')).rejects.toMatchObject({ code: 'ERR_STORE' })
    expect(await driver.pruneTraces?.(new Date('2027-01-01T00:00:00Z'))).toBe(0)
    expect(await redis.dbsize()).toBe(6)
  })

  it('lists traces in limited memory, and rejects a limit of more than 100,000 traces', async () => {
    const driver = open()
    await redis.eval(
      `for index = 0, 100049 do
        local record = '{"base_id":"%d","name":"a-start","timestamp":"2026-11-22T10:00:00.%06d"}'
        redis.call('LPUSH', 'osprofiler_opt:' .. index, string.format(record, index, index))
      end`,
      0,
    )

    expect((await driver.listTraces?.({ limit: 2 }))?.map(trace => trace.base_id)).toEqual(['100049', '100048'])
    await expect(driver.listTraces?.({ limit: 100_001 })).rejects.toThrow('More than 100000 traces')
  })
})

describe('a Redis user', () => {
  const openAs = (user: string, options = ''): Driver => {
    const driver = openDriver(`redis://${user}:pw@${server.host}:${server.port}${options}`, { filterErrorTrace: true })
    onTestFinished(() => driver.close())
    return driver
  }
  const setUser = (name: string, commands: string) =>
    redis.call('ACL', 'SETUSER', name, 'reset', 'on', '>pw', '~osprofiler*', '+ping', '+select', ...commands.split(' '))

  it('can write without the right to read', async () => {
    await setUser('writer', '+lpush +pexpire +set')
    const driver = openAs('writer', '/1?ttl=1h')

    expect(await driver.write(makeTrace(2, { info: { etype: 'E' } }))).toEqual({ refused: 0 })
    await expect(driver.listTraces?.()).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringMatching(/may not run a command that the driver needs.*'scan'/),
    })
  })

  it('can read, delete and prune without the right to write', async () => {
    const [one, other] = [makeTrace(3), makeTrace(2, { info: { etype: 'E' } })]
    await open('', { filterErrorTrace: true }).write([...one, ...other])
    await setUser('reader', '+lrange +lindex +llen +get +exists +scan +del +ltrim')
    const driver = openAs('reader')

    expect(await driver.listTraces?.()).toHaveLength(2)
    expect(await driver.listErrorTraces?.()).toHaveLength(1)
    expect(await driver.deleteTrace?.(one[0]?.base_id ?? '')).toBe(3)
    expect(await driver.pruneTraces?.(new Date('2027-01-01T00:00:00Z'))).toBe(1)
    await expect(driver.write(makeTrace(2))).rejects.toMatchObject({ code: 'ERR_STORE' })
  })
})

describe('a Redis connection string', () => {
  it('selects the database by its path or its option, as in Python', async () => {
    await open('/4').write([makeRecord({ base_id: 'path' })])
    await open('?db=4').write([makeRecord({ base_id: 'option' })])

    expect((await open('/4').listTraces?.())?.map(trace => trace.base_id)).toEqual(['option', 'path'])
  })

  it('is refused by the server for a wrong password, an unknown user or a missing database', async () => {
    const { host, port } = server
    const refused = async (text: string): Promise<Error> => {
      const driver = openDriver(text)
      onTestFinished(() => driver.close())
      return (await driver.write([makeRecord()]).catch(error => error)) as Error
    }
    const errors = [
      await refused(`redis://:wr0ng@${host}:${port}`),
      await refused(`redis://nobody:wr0ng@${host}:${port}`),
      await refused(`redis://${host}:${port}`),
      await refused(`redis://:s3cret@${host}:${port}/99`),
    ]

    for (const error of errors) {
      expect(error).toMatchObject({ name: 'OsprofilerError', code: 'ERR_STORE' })
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/wr0ng|s3cret/)
    }
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('the password is wrong or missing (WRONGPASS'),
      expect.stringContaining('the password is wrong or missing (WRONGPASS'),
      expect.stringContaining('the password is wrong or missing (NOAUTH'),
      expect.stringContaining('DB index is out of range'),
    ])
  })

  it('may contain a password that the server does not require', async () => {
    const free = await startRedis()
    onTestFinished(() => free.stop())
    const driver = openDriver(`redis://:unasked@127.0.0.1:${free.port}`)
    onTestFinished(() => driver.close())

    expect(await driver.write([makeRecord()])).toEqual({ refused: 0 })
  })

  it("may contain options that are only for Python's client", async () => {
    const options = ['client_name=x', 'health_check_interval=30', 'max_connections=10', 'protocol=3']
    const driver = open(`?${[...options, 'retry_on_timeout=true', 'socket_keepalive=true'].join('&')}`)

    expect(await driver.write([makeRecord()])).toEqual({ refused: 0 })
  })

  it.each([
    ['redis://host/x', 'a number of at least 0'],
    ['redis://host:1,host:2/1', 'only the database 0'],
    ['redis://host:1,host:2?cluster=false', 'several hosts form a Cluster'],
    ['redis://host?cluster=perhaps', 'cluster must be true or false'],
    ['redis://host?socket_timeout=-1', 'socket_timeout must be a number of seconds'],
    ['redis://host?ssl_ca_certs=/ca.pem', 'ssl_ca_certs is for rediss://'],
    ['rediss://host?ssl_cert_reqs=maybe', 'none, optional or required'],
    ['rediss://host?ssl_ca_certs=/no/such/file', 'the file that ssl_ca_certs names cannot be read (ENOENT)'],
    ['valkey://host/x', 'form is "valkey://user:password@host:6379/0"'],
    ['valkey://host?ssl_ca_certs=/ca.pem', 'ssl_ca_certs is for valkeys://'],
    ['redissentinel://host/mymaster/2', 'must be given as "?db=2"'],
    ['redis://host?ttl=soon', 'ttl must be a time'],
    ['redis://host?sentinel_password=x', 'no option "sentinel_password"'],
    ['redissentinel://host:1/mymaster?cluster=true', 'no option "cluster"'],
  ])('is refused with a reason: %s', (text, reason) => {
    expect(() => openDriver(text)).toThrow(
      expect.objectContaining({ code: 'ERR_CONNECTION_STRING', message: expect.stringContaining(reason) }),
    )
  })
})

describe('rediss://', () => {
  it('accepts only a server with a certificate from the named authority, unless verification is off', async () => {
    const { url, certificateFile = '', ...secured } = await startRedis({ password: 'secret', tls: true })
    onTestFinished(() => secured.stop())
    const write = async (options: string) => {
      const driver = openDriver(`${url}${options}`)
      onTestFinished(() => driver.close())
      return await driver.write([makeRecord()])
    }

    expect(await write(`?ssl_ca_certs=${encodeURIComponent(certificateFile)}`)).toEqual({ refused: 0 })
    expect(await write('?ssl_cert_reqs=none')).toEqual({ refused: 0 })
    expect(await write('?ssl_cert_reqs=CERT_NONE')).toEqual({ refused: 0 })
    await expect(write('')).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringMatching(/not trusted.*ssl_ca_certs.*self-signed/),
    })
  })

  it('is suggested by the message about a server that requires TLS', async () => {
    const { url, ...secured } = await startRedis({ password: 'secret', tls: true })
    onTestFinished(() => secured.stop())
    const driver = openDriver(url.replace('rediss:', 'redis:'))
    onTestFinished(() => driver.close())

    await expect(driver.write([makeRecord()])).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringContaining('does it speak TLS (rediss://)'),
    })
  })
})

describe('valkey://', () => {
  it('reads the traces that redis:// wrote', async () => {
    const [writer, reader] = [open(), openDriver(server.url.replace('redis:', 'valkey:'))]
    onTestFinished(() => reader.close())
    const trace = makeTrace(4)

    await writer.write(trace)

    expect(await readAll(reader, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it('uses TLS as valkeys://, and messages about a wrong TLS setting name the right scheme', async () => {
    const { url, certificateFile = '', ...secured } = await startRedis({ password: 'secret', tls: true })
    onTestFinished(() => secured.stop())
    const write = async (connectionString: string) => {
      const driver = openDriver(connectionString)
      onTestFinished(() => driver.close())
      return await driver.write([makeRecord()])
    }

    expect(
      await write(`${url.replace('rediss:', 'valkeys:')}?ssl_ca_certs=${encodeURIComponent(certificateFile)}`),
    ).toEqual({ refused: 0 })
    await expect(write(url.replace('rediss:', 'valkey:'))).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringMatching(/ in Valkey cannot be used: .*speak TLS \(valkeys:\/\/\), or not \(valkey:\/\/\)/),
    })
    await expect(write(server.url.replace('redis:', 'valkeys:'))).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringContaining('valkey://'),
    })
  })
})

/** Returns how often the server has run a command. */
async function callsOf(command: string): Promise<number> {
  const stats = await redis.info('commandstats')
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
}
