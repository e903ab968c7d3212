import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SharedDatabase, sharePostgresql } from './servers/share.js'

const root = fileURLToPath(new URL('..', import.meta.url))

let server: SharedDatabase

beforeAll(async () => {
  server = await sharePostgresql()
})
afterAll(() => server.stop())

/**
 * Runs a program with OpenTelemetry's instrumentation of pg and with ours. Returns the number of spans and of points
 * after each step.
 */
async function runProgram(steps: readonly string[]): Promise<unknown> {
  const program = `
    const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base')
    const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
    const { registerInstrumentations } = require('@opentelemetry/instrumentation')
    const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg')
    const { context } = require('@opentelemetry/api')
    const { run, setNotifier } = require('@osprofiler/core')
    const { instrument } = require('@osprofiler/instruments')
    const records = []
    setNotifier(({ name }) => void records.push(name))
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const exporter = new InMemorySpanExporter()
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    let undo, undoTheirs
    const ours = () => { undo = instrument(['pg'], { traceSql: 'statements' }) }
    const theirs = () => { undoTheirs = registerInstrumentations({ tracerProvider, instrumentations: [new PgInstrumentation()] }) }
    const told = []
    const query = async () => {
      const pool = new (require('pg').Pool)({ connectionString: ${JSON.stringify(server.url)}, max: 1 })
      await run({ hmacKey: 'k' }, async () => { await (await pool.connect()).release(); await pool.query('SELECT 1') })
      await pool.end()
      const spans = exporter.getFinishedSpans().map(({ name }) => name).filter(name => name.startsWith('pg.query'))
      told.push([spans.length, records.splice(0).filter(name => name === 'db-start').length])
      exporter.reset()
    }
    const main = async () => { ${steps.map(step => `await ${step}()`).join('; ')}; console.log(JSON.stringify(told)) }
    main().catch(error => { console.error(error); process.exitCode = 1 })`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=commonjs', '-e', program], {
    cwd: root,
  })
  return JSON.parse(stdout)
}

describe("pg with OpenTelemetry's instrumentation", () => {
  it.each([
    [['theirs', 'ours', 'query', 'query']],
    [['ours', 'theirs', 'query', 'query']],
    [['theirs', 'query', 'ours', 'query']],
  ])('produces one span and one point for each query: %s', async steps => {
    const told = (await runProgram(steps)) as unknown[]

    expect(told.at(-1)).toEqual([1, 1])
  })

  it('stays instrumented by OpenTelemetry after OSProfiler is removed', async () => {
    expect(await runProgram(['theirs', 'ours', 'query', 'undo', 'query'])).toEqual([
      [1, 1],
      [1, 0],
    ])
  })

  it('stays instrumented by OSProfiler after OpenTelemetry is removed', async () => {
    expect(await runProgram(['ours', 'theirs', 'query', 'undoTheirs', 'query'])).toEqual([
      [1, 1],
      [0, 1],
    ])
  })
})
