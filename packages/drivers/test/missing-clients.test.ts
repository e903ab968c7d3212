import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { finish, startProgram } from './child.js'
import { temporaryDirectory } from './temporary-directory.js'

const CLIENTS: readonly (readonly [connectionString: string, packageName: string])[] = [
  ['redis://localhost', 'ioredis'],
  ['valkey://localhost', 'ioredis'],
  ['mysql://localhost/db', 'mysql2'],
  ['postgresql://localhost/db', 'pg'],
  ['mongodb://localhost', 'mongodb'],
  ['elasticsearch://localhost', '@elastic/elasticsearch'],
  ['opensearch://localhost', '@opensearch-project/opensearch'],
  ['messaging://localhost', 'amqplib'],
  ['otlp://localhost', '@opentelemetry/exporter-trace-otlp-proto'],
  ['otlp+https://localhost?protocol=http/json', '@opentelemetry/exporter-trace-otlp-http'],
]

it('openDriver() throws an error that names the missing client package, for each store', async () => {
  const directory = temporaryDirectory()
  const core = dirname(dirname(fileURLToPath(import.meta.resolve('@osprofiler/core'))))
  const drivers = dirname(fileURLToPath(import.meta.resolve('@osprofiler/drivers')))
  cpSync(drivers, join(directory, 'dist'), { recursive: true })
  mkdirSync(join(directory, 'node_modules', '@osprofiler'), { recursive: true })
  symlinkSync(core, join(directory, 'node_modules', '@osprofiler', 'core'))
  writeFileSync(join(directory, 'package.json'), '{"type": "module"}')
  writeFileSync(
    join(directory, 'app.js'),
    `import { openDriver } from './dist/index.js'
     for (const string of process.argv.slice(2)) {
       try { openDriver(string) } catch ({ code, message }) { console.log(code + ' ' + message) }
     }`,
  )
  const strings = CLIENTS.map(([connectionString]) => connectionString)

  const { stdout } = await finish(startProgram(process.execPath, [join(directory, 'app.js'), ...strings]))

  const told = stdout.trim().split('\n')
  expect(told).toHaveLength(CLIENTS.length)
  for (const [index, [connectionString, packageName]] of CLIENTS.entries()) {
    const [scheme] = connectionString.split('localhost')
    expect(told[index]).toBe(
      `ERR_MISSING_CLIENT ${scheme} needs the package ${packageName}, which is not installed. Run "npm install ${packageName}".`,
    )
  }
})
