import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InstalledProgram, installProgram } from './installed.js'

let program: InstalledProgram
beforeAll(() => {
  program = installProgram()
  writeFileSync(join(program.outside, 'bytes'), Buffer.from([0xff, 0xfe, 0x00]))
  writeFileSync(join(program.outside, 'file'), '')
  execFileSync('mkfifo', [join(program.outside, 'fifo')])
  mkdirSync(join(program.outside, 'sealed'))
  chmodSync(join(program.outside, 'sealed'), 0o555)
})
afterAll(() => program.remove())

const KEYS = { OSPROFILER_HMAC_KEYS: 'o7Vt2kQ9xWc4LmZs8RbYpD1g' }
const HOMELESS = `await import(${JSON.stringify(new URL('fixtures/homeless.mjs', import.meta.url).href)})`

/**
 * Runs a program that calls setup() and records a point. Returns the warnings, the thrown error, the counts of records,
 * and the driver.
 */
async function serve(options: string, env: Record<string, string> = {}, before = '') {
  const file = program.write(
    `${crypto.randomUUID()}.mjs`,
    `import { run, withTrace } from '@osprofiler/core'
     import { setup } from '@osprofiler/node'
     const warnings = []
     process.on('warning', ({ code, message }) => warnings.push({ code, message }))
     ${before}
     let osprofiler
     let thrown
     try {
       osprofiler = setup(${options})
     } catch ({ name, code, message }) {
       thrown = { name, code, message }
     }
     run({ hmacKey: 'KEY' }, () => withTrace('work', () => undefined))
     await osprofiler?.flush()
     const { emitted, dropped } = osprofiler?.notifier.stats ?? {}
     const driver = thrown === undefined ? osprofiler.driver?.name : undefined
     await osprofiler?.close()
     setImmediate(() => console.log(JSON.stringify({ warnings, thrown, emitted, dropped, driver })))`,
  )
  const { stdout, stderr, code } = await program.run(['--no-warnings', file], {
    env: { HOME: program.outside, ...env },
  })
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  return JSON.parse(stdout)
}

const UNTRACED: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  ['OSPROFILER_ENABLED is not a boolean', { OSPROFILER_ENABLED: 'maybe' }, /OSPROFILER_ENABLED.*true or false/],
  [
    'OSPROFILER_TRACE_REQUESTS is not a boolean',
    { OSPROFILER_TRACE_REQUESTS: 'some' },
    /OSPROFILER_TRACE_REQUESTS.*true or/,
  ],
  [
    'OSPROFILER_FILTER_ERROR_TRACE is not a boolean',
    { OSPROFILER_FILTER_ERROR_TRACE: '2' },
    /OSPROFILER_FILTER_ERROR_TRACE.*true or false/,
  ],
  [
    'OSPROFILER_TRACE_SQL is an unknown level',
    { OSPROFILER_TRACE_SQL: 'all' },
    /OSPROFILER_TRACE_SQL is "all".*off, statements or/,
  ],
  [
    'OSPROFILER_PROPAGATE_TO contains a malformed rule',
    { OSPROFILER_PROPAGATE_TO: 'a,\nhttp://b:80/' },
    /OSPROFILER_PROPAGATE_TO/,
  ],
  [
    'OSPROFILER_PROPAGATE_TO contains an invalid address range',
    { OSPROFILER_PROPAGATE_TO: '10.0.0.0/99' },
    /OSPROFILER_PROPAGATE_TO/,
  ],
  [
    'OSPROFILER_INSTRUMENTS contains an unknown instrument',
    { OSPROFILER_INSTRUMENTS: 'pgg' },
    /OSPROFILER_INSTRUMENTS.*No instrument "pgg"/,
  ],
  [
    'OSPROFILER_INSTRUMENTS has a + before only some names',
    { OSPROFILER_INSTRUMENTS: '+express,pg' },
    /OSPROFILER_INSTRUMENTS.*before none/,
  ],
  ['two variables contain keys', { ...KEYS, OSPROFILER_HMAC_KEYS_FILE: '/keys' }, /Both.*Unset one/],
]

const CLIENTS: readonly (readonly [string, string])[] = [
  ['redis://localhost', 'ioredis'],
  ['redissentinel://localhost/master', 'ioredis'],
  ['mysql://localhost/db', 'mysql2'],
  ['postgresql://localhost/db', 'pg'],
  ['mongodb://localhost', 'mongodb'],
  ['elasticsearch://localhost', '@elastic/elasticsearch'],
  ['opensearch://localhost', '@opensearch-project/opensearch'],
  ['messaging://localhost', 'amqplib'],
  ['otlp://localhost', '@opentelemetry/exporter-trace-otlp-proto'],
]

const MALFORMED = [
  'mongo-db://app:TOPSECRET@host/x',
  'app:TOPSECRET@host',
  'sqlite://app:TOPSECRET@host/x',
  'redis://app:TOPSECRET@host:port',
  'memory://?TOPSECRET',
  '://',
  '\n',
]

it('setup() with `strict` leaves the earlier setup active if it throws', async () => {
  const { text } = await program
    .run([
      program.write(
        'strict.mjs',
        `import { getNotifier } from '@osprofiler/core'
         import { setup } from '@osprofiler/node'
         const first = setup({ hmacKeys: 'KEY', notifier() {} })
         try { setup({ connectionString: 'redis://localhost', strict: true }) } catch {}
         console.log(getNotifier() === first.notifier)`,
      ),
    ])
    .then(({ stdout }) => ({ text: stdout }))

  expect(text).toBe('true\n')
})

describe('an invalid environment', () => {
  it.each(UNTRACED)('causes one warning, and lets the program run untraced: %s', async (_, env, message) => {
    const outcomes = await Promise.all(
      ['{}', `{ hmacKeys: 'KEY' }`].map(options => serve(options, { ...KEYS, ...env })),
    )

    for (const { warnings, thrown, emitted } of outcomes) {
      expect(warnings).toEqual([{ code: 'OSPROFILER_CONFIGURATION', message: expect.stringMatching(message) }])
      expect(warnings[0].message).toMatch(/^Nothing is traced: .*\.$/)
      expect({ thrown, emitted }).toEqual({ emitted: 0 })
    }
  })

  it.each(UNTRACED.slice(0, 2))(
    'causes one warning for two calls of setup(), but two warnings if close() is called between them: %s',
    async (_, env) => {
      const [twice, closed] = await Promise.all(
        ['setup()', 'await setup().close()'].map(before => serve('{}', { ...KEYS, ...env }, before)),
      )

      expect(twice.warnings).toHaveLength(1)
      expect(closed.warnings).toHaveLength(2)
    },
  )

  it.each(UNTRACED)('causes an error with `strict`: %s', async (_, env, message) => {
    const { warnings, thrown } = await serve('{ strict: true }', env)

    expect(thrown).toEqual({
      name: 'OsprofilerError',
      code: 'ERR_CONFIGURATION',
      message: expect.stringMatching(message),
    })
    expect(warnings.filter(({ code }: { code: string }) => code === 'OSPROFILER_NO_STORE')).toEqual([])
  })

  it.each(UNTRACED)('causes one warning with --import @osprofiler/node/register: %s', async (_, env, message) => {
    const register = join(program.folder, 'node_modules/@osprofiler/node/dist/register.js')
    const file = program.write('served.mjs', 'console.log("served")')

    const { stdout, stderr, code } = await program.run(['--import', register, file], { env: { ...KEYS, ...env } })

    expect({ stdout, code }).toEqual({ stdout: 'served\n', code: 0 })
    expect(stderr).toMatch(message)
    expect(stderr.match(/Warning:/g)).toHaveLength(1)
  })
})

describe('a program that has changed its own process information', () => {
  it.each([
    `process.execPath = ''`,
    `process.execPath = 'node'`,
    `process.execPath = undefined`,
    `process.argv = []`,
    `process.argv = undefined`,
    `process.argv[1] = 7`,
    `process.argv[1] = '/nowhere'`,
    `process.title = ''`,
    `process.env.NODE_PATH = ':::'`,
  ])('is still traced: %s', async before => {
    const { warnings, thrown, emitted, driver } = await serve(`{ connectionString: 'memory://' }`, KEYS, before)

    expect({ warnings, thrown, emitted, driver }).toEqual({ warnings: [], emitted: 2, driver: 'memory' })
  })
})

describe('a keys file', () => {
  it.each(['nowhere', '', 'bytes', 'fifo', 'file/below', '/dev/zero'])(
    'causes one warning if it cannot be read: %j',
    async name => {
      const env = {
        OSPROFILER_HMAC_KEYS_FILE: resolve(program.outside, name),
        OSPROFILER_CONNECTION_STRING: 'memory://',
      }

      const { warnings, thrown } = await serve('{}', env)

      expect(thrown).toBeUndefined()
      expect(warnings).toEqual([
        {
          code: 'OSPROFILER_KEYS_FILE',
          message: expect.stringMatching(/Nothing is traced until the file can be read/),
        },
      ])
    },
  )

  it.each(['nowhere', '', 'bytes', 'fifo', 'file/below', '/dev/zero'])(
    'causes an error with `strict` if it cannot be read: %j',
    async name => {
      const env = {
        OSPROFILER_HMAC_KEYS_FILE: resolve(program.outside, name),
        OSPROFILER_CONNECTION_STRING: 'memory://',
      }

      const { thrown } = await serve('{ strict: true }', env)

      expect(thrown).toMatchObject({
        code: 'ERR_CONFIGURATION',
        message: expect.stringMatching(/Cannot read the HMAC/),
      })
    },
  )

  it('must not be a shell pipe, because a second read of the pipe would return no keys', () => {
    const file = program.write(
      'substitution.mjs',
      `import { setup } from '@osprofiler/node'
       await setup({ connectionString: 'memory://' }).close()
       console.log('served')`,
    )
    const command = 'OSPROFILER_HMAC_KEYS_FILE=<(echo KEY) exec "$0" "$1"'

    const { stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, file], { encoding: 'utf8' })

    expect(stdout).toBe('served\n')
    expect(stderr).toMatch(/Cannot read the HMAC keys in \/dev\/fd\/\d+ \(it is a pipe and not a regular file\)/)
  })
})

describe('a store that cannot be opened', () => {
  const lost = { code: 'OSPROFILER_NO_STORE' }
  const counted = { emitted: 2, dropped: 2, driver: 'none' }

  it.each(CLIENTS)('causes one warning that says which client to install: %s', async (store, client) => {
    const message = expect.stringContaining(`Run "npm install ${client}".`)

    const [given, named, strict] = await Promise.all([
      serve(`{ connectionString: '${store}' }`),
      serve('{}', { ...KEYS, OSPROFILER_CONNECTION_STRING: store }),
      serve('{ strict: true }', { OSPROFILER_CONNECTION_STRING: store }),
    ])

    expect([given, named]).toEqual([
      { warnings: [{ ...lost, message }], ...counted },
      { warnings: [{ ...lost, message }], ...counted },
    ])
    expect(strict.thrown).toMatchObject({ code: 'ERR_MISSING_CLIENT', message })
  })

  it.each(MALFORMED)('causes one warning if its malformed connection string is in the environment: %j', async store => {
    const env = { OSPROFILER_CONNECTION_STRING: store }

    const [{ thrown }, ...outcomes] = await Promise.all([
      serve('{ strict: true }', env),
      serve('{}', env),
      serve('{}', { ...KEYS, ...env }),
    ])

    for (const { warnings, ...rest } of outcomes) {
      expect(warnings).toEqual([{ ...lost, message: expect.not.stringContaining('TOPSECRET') }])
      expect(rest).toEqual(counted)
    }
    expect(thrown).toMatchObject({ name: 'OsprofilerError', message: expect.not.stringContaining('TOPSECRET') })
  })

  it.each(MALFORMED)('causes an error if its malformed connection string is in the options: %j', async store => {
    const { warnings, thrown } = await serve(JSON.stringify({ connectionString: store }))

    expect(thrown).toMatchObject({ code: expect.stringMatching(/^ERR_(CONNECTION_STRING|UNKNOWN_DRIVER)$/) })
    expect(warnings.filter(({ code }: { code: string }) => code === 'OSPROFILER_NO_STORE')).toEqual([])
  })

  it.each([
    ['redis', 'rediss://localhost?ssl_ca_certs=/no/such/file'],
    ['messaging', 'messaging://localhost?ssl=1&ssl_ca_file=/no/such/file'],
    ['a message broker without a host', 'messaging://'],
    ['loginsight', 'loginsight://user:password@host?ca=/no/such/file'],
    ['mysql', 'mysql://localhost/db?ssl_ca=/no/such/file'],
    ['postgresql', 'postgresql://localhost/db?sslmode=verify-full&sslrootcert=/no/such/file'],
  ])('causes one warning if a file or folder in its connection string is missing: %s', async (_, store) => {
    const { warnings, thrown } = await serve(JSON.stringify({ connectionString: store }))

    expect({ warnings, thrown }).toEqual({ warnings: [{ ...lost, message: expect.any(String) }] })
  })

  it('causes one warning if the user is unknown and has no home directory', async () => {
    const outcomes = await Promise.all(
      ['{}', `{ connectionString: 'sqlite://' }`, `{ hmacKeys: 'KEY' }`].map(options => serve(options, {}, HOMELESS)),
    )

    for (const { warnings, ...rest } of outcomes) {
      expect(warnings).toEqual([{ ...lost, message: expect.stringMatching(/XDG_STATE_HOME|npm install/) }])
      expect(rest).toEqual(counted)
    }
  })

  it.each([
    ['{ enabled: false }', {}],
    ['{}', { OSPROFILER_ENABLED: 'false' }],
    ['{ notifier() {} }', {}],
  ])('causes no warning if nothing is stored, even if the user has no home directory: %s %j', async (options, env) => {
    const file = program.write(
      'homeless.mjs',
      `${HOMELESS}
       const { setup } = await import('@osprofiler/node')
       await setup(${options}).close()
       console.log('served')`,
    )

    const outcome = await program.run([file], { env: { ...KEYS, ...env } })

    expect(outcome).toEqual({ code: 0, stdout: 'served\n', stderr: '' })
  })

  it('causes one warning if the path is relative and the working directory was removed', async () => {
    const gone = join(program.outside, 'gone')
    mkdirSync(gone, { recursive: true })
    const text = JSON.stringify(gone)
    const leave = `process.chdir(${text}); (await import('node:fs')).rmdirSync(${text})`

    const { warnings, thrown } = await serve(`{ connectionString: 'sqlite:///traces.db' }`, {}, leave)

    expect({ warnings, thrown }).toEqual({
      warnings: [{ ...lost, message: expect.stringMatching(/absolute path|npm install/) }],
    })
    rmSync(gone, { recursive: true, force: true })
  })

  it.each([
    ['a relative state folder', { XDG_STATE_HOME: 'relative' }],
    ['a state folder that is a file', { XDG_STATE_HOME: 'FOLDER/file' }],
    ['a state folder without write permission', { XDG_STATE_HOME: 'FOLDER/sealed' }],
    ['a home directory that does not exist', { HOME: 'FOLDER/none/at/all' }],
  ])('does not keep the program from running: %s', async (_, environment) => {
    const env = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, value.replace('FOLDER', program.outside)]),
    )

    const { thrown, emitted } = await serve('{}', { ...KEYS, ...env })

    expect({ thrown, emitted }).toEqual({ emitted: 2 })
  })
})
