import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InstalledProgram, installProgram } from './installed.js'

/** Libraries that an instrument or a driver knows by name, and libraries that those libraries may try to load. */
const LIBRARIES = [
  '@elastic/elasticsearch',
  '@koa/router',
  '@opensearch-project/opensearch',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/exporter-trace-otlp-proto',
  '@osprofiler/drivers',
  '@osprofiler/instruments',
  '@photostructure/sqlite',
  '@redis/client',
  'amqplib',
  'axios',
  'better-sqlite3',
  'express',
  'fastify',
  'ioredis',
  'knex',
  'koa',
  'mongodb',
  'mongoose',
  'mysql2',
  'pg',
  'postgres',
  'redis',
  'router',
  'tarn',
  'undici',
  'uuid',
]

/** Files that an instrument looks for in a library. The files in `esm` and `src` are ES modules. */
const FILES = ['index.js', 'lib/index.js', 'dist/index.cjs', 'build/index.js', 'esm/index.js', 'src/index.js']

const STORES = [
  'ceilometer://127.0.0.1:1',
  'elasticsearch://127.0.0.1:1',
  'loginsight://user:password@127.0.0.1:1',
  'messaging://127.0.0.1:1',
  'mongodb://127.0.0.1:1',
  'mysql://127.0.0.1:1/db',
  'opensearch://127.0.0.1:1',
  'otlp://127.0.0.1:1',
  'otlp://127.0.0.1:1?protocol=http/json',
  'postgresql://127.0.0.1:1/db',
  'redis://127.0.0.1:1',
  'redissentinel://127.0.0.1:1/master',
  'sqlite://',
]

const EVERYTHING = `instruments: [...INSTRUMENT_NAMES, 'express', 'fastify', 'koa'], traceSql: 'values'`

/** Creates a package in a folder for each of `LIBRARIES`. Each file of a package prints its own name when it runs. */
function plant(folder: string): void {
  for (const name of LIBRARIES) {
    const manifest = {
      name,
      version: '9.0.0',
      main: 'index.js',
      exports: { '.': { import: './esm/index.js', default: './index.js' }, './*': './*' },
    }
    write(join(folder, name, 'package.json'), JSON.stringify(manifest))
    for (const file of FILES) write(join(folder, name, file), `console.log('RUN: ${name} ${file}')`)
    for (const part of ['esm', 'src']) write(join(folder, name, part, 'package.json'), '{ "type": "module" }')
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

let program: InstalledProgram
let hostile: string
let below: string
let home: string

beforeAll(() => {
  program = installProgram()
  hostile = join(program.outside, 'hostile')
  below = join(hostile, 'any', 'folder', 'below')
  home = join(program.outside, 'home')
  mkdirSync(below, { recursive: true })
  plant(join(hostile, 'node_modules'))
  for (const name of ['.node_modules', '.node_libraries', 'node_modules']) plant(join(home, name))
  write(join(hostile, 'app.js'), 'console.log("RUN: app.js")')
  write(join(hostile, 'package.json'), '{ "name": "hostile", "main": "app.js" }')
})
afterAll(() => program.remove())

/**
 * Returns the source code of a program that calls setup() for each store, records a point, waits for libraries that are
 * loaded late, and exits.
 */
function programOf(options: string, stores: readonly string[] = ['']): string {
  const [node, core, instruments] = ['node', 'core', 'instruments'].map(name =>
    JSON.stringify(join(program.folder, 'node_modules/@osprofiler', name, 'dist/index.js')),
  )
  return `
    const { setup } = await import(${node})
    const { run, withTrace } = await import(${core})
    const { INSTRUMENT_NAMES } = await import(${instruments})
    for (const store of ${JSON.stringify(stores)}) {
      process.env.OSPROFILER_CONNECTION_STRING = store
      const osprofiler = setup({ ${options} })
      run({ hmacKey: 'KEY' }, () => withTrace('work', () => undefined))
      void osprofiler.driver?.name
      await Promise.race([osprofiler.flush(), new Promise(resolve => setTimeout(resolve, 200))])
    }
    await new Promise(resolve => setTimeout(resolve, 200))
    console.log('served')
    process.exit()`
}

const NOTIFIER = 'notifier() {}'

it('setup() finds libraries in NODE_PATH', { timeout: 120_000 }, async () => {
  const file = program.write('app.mjs', programOf(`${NOTIFIER}, hmacKeys: 'KEY', traceSql: 'values'`))

  const { stdout } = await program.run([file], { env: { NODE_PATH: join(hostile, 'node_modules') } })

  expect(stdout).toContain('RUN: postgres src/index.js')
})

describe('setup() runs no code from the working directory, the home directory or the arguments', () => {
  it.each<[string, string, Record<string, string>, readonly string[]]>([
    ['with keys', `${NOTIFIER}, hmacKeys: 'KEY'`, {}, ['']],
    ['without keys', NOTIFIER, {}, ['']],
    ['with `traceSql`', `${NOTIFIER}, hmacKeys: 'KEY', traceSql: 'statements'`, {}, ['']],
    ['with every instrument', `${NOTIFIER}, hmacKeys: 'KEY', ${EVERYTHING}`, {}, ['']],
    [
      'with settings from the environment',
      NOTIFIER,
      { OSPROFILER_HMAC_KEYS: 'o7Vt2kQ9xWc4LmZs8RbYpD1g', OSPROFILER_TRACE_SQL: 'values' },
      [''],
    ],
    ['with every store', `${EVERYTHING}, hmacKeys: 'KEY'`, {}, STORES],
  ])('%s', { timeout: 120_000 }, async (_, options, environment, stores) => {
    const text = programOf(options, stores)
    const file = program.write('app.mjs', text)
    const env = { HOME: home, PWD: hostile, XDG_STATE_HOME: join(program.outside, 'state'), ...environment }
    const evaluated = ['--input-type=module', '--eval', text]

    const outcomes = await Promise.all([
      program.run([file], { cwd: below, env }),
      program.run(evaluated, { cwd: hostile, env }),
      // The argument after the code of `--eval` looks like the path of a main file, but only the code runs.
      program.run([...evaluated, join(hostile, 'app.js')], { cwd: below, env }),
    ])

    expect(outcomes.map(({ stdout, code }) => ({ stdout, code }))).toEqual(
      outcomes.map(() => ({ stdout: 'served\n', code: 0 })),
    )
  })

  it.each(['--import', '--require'])('with %s @osprofiler/node/register', { timeout: 120_000 }, async option => {
    const register = join(program.folder, 'node_modules/@osprofiler/node/dist/register.js')
    const text = `setTimeout(() => console.log('served'), 200)`
    const file = program.write('registered.mjs', text)
    const env = {
      HOME: home,
      PWD: hostile,
      OSPROFILER_HMAC_KEYS: 'o7Vt2kQ9xWc4LmZs8RbYpD1g',
      OSPROFILER_TRACE_SQL: 'values',
    }

    const outcomes = await Promise.all([
      program.run([option, register, file], { cwd: hostile, env }),
      program.run([option, register, '--eval', text], { cwd: below, env }),
    ])

    expect(outcomes.map(({ stdout }) => stdout)).toEqual(['served\n', 'served\n'])
  })
})
