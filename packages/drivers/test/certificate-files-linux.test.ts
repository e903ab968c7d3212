import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkConnectionString } from '@osprofiler/drivers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

const STORES = [
  'postgresql://u:p@127.0.0.1/db?sslmode=verify-full&sslrootcert=FILE',
  'postgresql://u:p@127.0.0.1/db?sslmode=require&sslcert=FILE',
  'mysql://127.0.0.1/db?ssl_ca=FILE',
  'mysql://127.0.0.1/db?ssl_key=FILE',
  'rediss://127.0.0.1?ssl_ca_certs=FILE',
  'rediss://127.0.0.1?ssl_keyfile=FILE',
  'messaging://127.0.0.1?ssl=1&ssl_ca_file=FILE',
  'elasticsearch+https://127.0.0.1?ca=FILE',
  'opensearch+https://127.0.0.1?ca=FILE',
  'loginsight://u:p@127.0.0.1?ca=FILE',
  'mongodb://127.0.0.1/?tls=true&tlsCAFile=FILE',
  'mongodb://127.0.0.1/?tls=true&tlsCertificateKeyFile=FILE',
  'otlp+https://127.0.0.1?certificate=FILE',
]
const VARIABLES = ['CERTIFICATE', 'TRACES_CLIENT_CERTIFICATE', 'CLIENT_KEY']

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'osprofiler-certificates-'))
  execFileSync('mkfifo', [join(folder, 'SECRET')])
})
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => {
  for (const name of VARIABLES) delete process.env[`OTEL_EXPORTER_OTLP_${name}`]
})

function refusalOf(connectionString: string): unknown {
  try {
    checkConnectionString(connectionString)
    return undefined
  } catch (error) {
    return error
  }
}

describe.each([
  ['a FIFO', (): string => join(folder, 'SECRET'), 'it is a pipe'],
  ['an endless device', (): string => '/dev/zero', 'it is a device'],
] as const)('a certificate file that is %s', (_, path, reason) => {
  it.each(STORES)('makes checkConnectionString() reject %s at once, without showing the path of the file', store => {
    const refusal = refusalOf(store.replace('FILE', path()))

    expect(refusal).toMatchObject({ code: 'ERR_CONNECTION_STRING', message: expect.stringContaining(reason) })
    expect(refusal).toHaveProperty('cause')
    expect(String(refusal)).not.toContain(path())
  })

  it.each(VARIABLES)(
    'is also rejected if OTEL_EXPORTER_OTLP_%s names the file, because the exporter would read it',
    name => {
      process.env[`OTEL_EXPORTER_OTLP_${name}`] = path()

      const refusal = refusalOf('otlp://127.0.0.1')

      expect(refusal).toMatchObject({ code: 'ERR_CONFIGURATION', message: expect.stringContaining(reason) })
    },
  )
})
