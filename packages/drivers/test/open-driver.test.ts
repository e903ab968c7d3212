import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { OsprofilerError } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it } from 'vitest'
import { finish, startProgram } from './child.js'
import { makeRecord } from './make-record.js'
import { refusalOf } from './refusal-of.js'
import { temporaryDirectory } from './temporary-directory.js'

describe('openDriver', () => {
  it('lists the known schemes for an unknown scheme', () => {
    const error = refusalOf('reddis://localhost')

    expect(error.code).toBe('ERR_UNKNOWN_DRIVER')
    expect(error.message).toMatch(
      /^No driver for "reddis:\/\/"\. Known schemes: .*\bfile, .*\bredis, .*\bsqlite, valkey, valkeys\.$/,
    )
  })

  it.each([
    ['jaeger://localhost:6831', 'otlp://'],
    ['jaeger+otlp://localhost:4318', 'otlp://'],
    ['rabbit://user:pw@host:5672/', 'messaging://'],
    ['amqps://user:pw@host/', 'messaging://'],
    ['http://localhost:4318', 'otlp://'],
    ['https://es:9200', 'elasticsearch+https://'],
    ['unix:///run/redis.sock', 'redis://'],
  ])('rejects %s, and names the scheme to use instead', (string, place) => {
    expect(refusalOf(string).code).toBe('ERR_UNKNOWN_DRIVER')
    expect(refusalOf(string).message).toContain(place)
    expect(refusalOf(string).message.length).toBeLessThan(200)
  })

  it.each([
    ['info with a cycle', { info: circular() }, 'cycle'],
    ['an invalid timestamp', { timestamp: 'yesterday' }, 'timestamp'],
    ['a name that is not a string', { name: 7 as never }, '"name"'],
  ])('opens a driver that says why it refuses a record: %s', async (_, odd, reason) => {
    const driver = openDriver('memory://')

    const result = await driver.write([makeRecord(), { ...makeRecord(), ...odd }])

    expect(result).toEqual({ refused: 1, reason: expect.stringContaining(reason) })
  })

  it.each(['postgresql+psycopg2cffi', 'postgresql+psycopg_async', 'mysql+cymysql', 'mariadb+mysqlconnector'])(
    'accepts the scheme %s, which SQLAlchemy accepts',
    scheme => {
      expect(openDriver(`${scheme}://user@host/database`).location).toMatch(/^host:\d+\/database$/)
    },
  )

  it.each([
    '',
    'sqlite',
    'sqlite:',
    'sqlite:/x.db',
    '://x',
    ' sqlite://',
    '/var/lib/traces.db',
    'sql ite://x',
    '1x://',
  ])('refuses %j, which has no valid scheme', string => {
    expect(refusalOf(string).code).toBe('ERR_CONNECTION_STRING')
  })

  it.each([
    'messaging',
    'Messaging',
    ' messaging ',
    'messaging:',
    'messaging:s3cret@host',
    'messaging?ssl=s3cret',
    'redis',
    'sqlite',
  ])('rejects %j, which has no "://", and says how to write it', string => {
    const { code, message } = refusalOf(string)

    const [scheme] = /[a-z]+/.exec(string.toLowerCase()) ?? []
    expect(code).toBe('ERR_CONNECTION_STRING')
    expect(message).toContain(`write "${scheme}://", not "${scheme}"`)
    expect(message).not.toContain('s3cret')
  })

  it.each([
    'sqlite://host/x.db',
    'sqlite://x.db',
    'sqlite:///',
    'sqlite:////',
    'sqlite:///dir/',
    'sqlite:///x.db?mode=ro',
    'sqlite:///x.db?ttl=7d&mode=ro',
    'sqlite:///%zz.db',
    'sqlite:///%00.db',
    'sqlite:///:memory:',
    'file://',
    'file:///',
    'file://host/dir',
    'file://./dir',
    'file:///dir?x=1',
    'file:///dir?ttl=7d&x=1',
    'file:///?ttl=7d',
    'file:///dir#x',
    'file:///dir%2Fx',
    'file:///dir%00',
    'file:///%zz',
    'memory://a/b',
    'memory://a b',
  ])('refuses %j and says what to write instead', string => {
    const error = refusalOf(string)

    expect(error.code).toBe('ERR_CONNECTION_STRING')
    expect(error.message).toContain('://')
  })

  it('throws a TypeError for a value that is not a string', () => {
    const openAny: (value: unknown) => unknown = value => openDriver(String(value) === 'x' ? 'x' : (value as string))

    expect(() => openAny(undefined)).toThrow(TypeError)
    expect(() => openAny(new URL('sqlite:///x.db'))).toThrow(TypeError)
  })

  it('accepts a scheme in upper or lower case', () => {
    expect(openDriver('MEMORY://').name).toBe('memory')
  })

  const secret = 'p4ss w/rd@:%41'
  it.each([
    `redis://user:${secret}@host/0`,
    `redis://:${secret}@host`,
    `redis://${encodeURIComponent(`user:${secret}@host`)}`,
    `otlp://${encodeURIComponent(`user:${secret}@host`)}`,
    `redis:user:${secret}@host`,
    `redis//user:${secret}@host`,
    `user:${secret}@redis://host`,
    `${secret}`,
    `:${secret}@`,
    `//user:${secret}@host`,
    `sqlite://user:${secret}@host/x.db`,
    `sqlite://${secret}`,
    `sqlite:///x.db?password=${secret}`,
    `sqlite+pysqlcipher://:${secret}@/x.db`,
    `file://user:${secret}@host/dir`,
    `file:///dir?password=${secret}`,
    `file:///dir#${secret}`,
    `memory://user:${secret}@name`,
    `mysql+pymysql://root:${encodeURIComponent(secret)}@host:port/db`,
    `mysql+pymysql://root:${encodeURIComponent(secret)}@host:3306/db?pasword=${secret}`,
    `postgresql://host/db?user=root&pasword=${secret}`,
    `redis://:${encodeURIComponent(secret)}@host:port`,
    `rediss://host?pasword=${secret}`,
    `valkeys://:${encodeURIComponent(secret)}@host?pasword=${secret}`,
    `redissentinel://:${encodeURIComponent(secret)}@host/mymaster?db=${secret}`,
  ])('shows no password in the error for %j', string => {
    const error = refusalOf(string)

    const shown = [error.message, String(error.stack), JSON.stringify(error), String(error.cause)].join()
    expect(shown).not.toMatch(/p4ss|w\/rd|%41|w%2Frd/)
  })

  it.each([
    ['redis://u:s3cret@db', 'redis', 'db:6379/0'],
    ['redis://:s3cret@[::1]:7000/2', 'redis', '[::1]:7000/2'],
    ['rediss://:s3cret@one:7000,two', 'rediss', 'one:7000,two:6379'],
    ['redissentinel://:s3cret@s1,s2:1/main?db=3&sentinel_password=s3cret', 'redissentinel', 's1:26379,s2:1/main/3'],
    ['valkey://u:s3cret@db', 'valkey', 'db:6379/0'],
    ['valkeys://:s3cret@one:7000,two', 'valkeys', 'one:7000,two:6379'],
    ['mongodb://u:s3cret@one,two:1/admin', 'mongodb', 'one:27017,two:1'],
    ['mongodb+srv://u:s3cret@cluster.example', 'mongodb', 'cluster.example'],
    ['mongodb+srv://u:27017s3cret@cluster.example', 'mongodb', 'cluster.example'],
    ['elasticsearch+https://u:s3cret@one,two:1/behind', 'elasticsearch', 'one:9200,two:1/behind'],
    ['opensearch://u:s3cret@db', 'opensearch', 'db:9200'],
    ['loginsight://u:s3cret@db', 'loginsight', 'db:9543'],
    ['postgresql://u:s3cret@db/shop', 'postgresql', 'db:5432/shop'],
    ['mysql://u:s3cret@db/shop', 'mysql', 'db:3306/shop'],
    ['messaging://u:s3cret@db/shop', 'messaging', 'db:5672'],
    ['otlp://u:s3cret@db', 'otlp', 'db:4318'],
    ['ceilometer://s3cret@db', 'ceilometer', 'db:8777'],
  ])('shows the location of %s without credentials', async (connectionString, name, location) => {
    const driver = openDriver(connectionString)
    await driver.close()

    expect([driver.name, driver.location]).toEqual([name, location])
    expect(inspect(driver, { depth: 9, showHidden: true })).not.toContain('s3cret')
  })

  it('shows no password if a path contains a connection string', async () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'redis:'), 'in the way')
    const stray = `${directory}/redis:/user:p4ss@word@host/0`

    for (const string of [`sqlite:///${stray}`, `file://${stray}`]) {
      const driver = openDriver(string)
      const error: unknown = await driver.write([makeRecord()]).catch(reason => reason)
      await driver.close()

      expect(error).toBeInstanceOf(OsprofilerError)
      const { message, cause } = error as OsprofilerError
      expect(`${message} ${String(cause)}`).not.toMatch(/p4ss|word/)
    }
  })

  it('says what to install if there is no SQLite client, and opens the other stores', async () => {
    const directory = temporaryDirectory()
    const core = dirname(dirname(fileURLToPath(import.meta.resolve('@osprofiler/core'))))
    cpSync(dirname(fileURLToPath(import.meta.resolve('@osprofiler/drivers'))), join(directory, 'dist'), {
      recursive: true,
    })
    mkdirSync(join(directory, 'node_modules', '@osprofiler'), { recursive: true })
    symlinkSync(core, join(directory, 'node_modules', '@osprofiler', 'core'))
    writeFileSync(join(directory, 'package.json'), '{"type": "module"}')
    writeFileSync(
      join(directory, 'app.js'),
      `import { openDriver } from './dist/index.js'
       console.log(openDriver('memory://').name)
       try { openDriver('sqlite://') } catch (error) { console.log(error.code, error.message) }`,
    )

    const flags = isBuiltin('node:sqlite') ? ['--no-experimental-sqlite'] : []
    const { stdout } = await finish(startProgram(process.execPath, [...flags, join(directory, 'app.js')]))

    expect(stdout).toMatch(/^memory\nERR_MISSING_CLIENT .*npm install @photostructure\/sqlite.*22\.13/)
  })
})

function circular(): Record<string, unknown> {
  const info: Record<string, unknown> = {}
  info.self = info
  return info
}
