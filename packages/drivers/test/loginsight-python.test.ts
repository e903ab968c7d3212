import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { readAll } from './make-record.js'
import { makePythonTrace, makeServed, SERVED_REPORT, usePython } from './python-store.js'
import { type LogInsightStandIn, startLogInsight } from './stand-ins/loginsight.js'
import { toLoginsightUrl } from './stand-ins/loginsight-url.js'

const folder = mkdtempSync(join(tmpdir(), 'osprofiler-loginsight-'))
let server: LogInsightStandIn

beforeAll(async () => {
  server = await startLogInsight(folder)
})
beforeEach(() => {
  server.events.length = 0
})
afterAll(async () => {
  await server.kill()
  rmSync(folder, { recursive: true, force: true })
})

const toPythonUrl = () => toLoginsightUrl(server).replace(/:\d+\/.*/, '')
const toEnv = () => ({ PORTS: `${server.plainPort},${server.port}` })

describe("loginsight:// together with Python's driver", () => {
  it('writes a trace that Python can report', async () => {
    await open().write(makeServed())

    const [report] = await usePython('read', toPythonUrl(), { baseId: 'trace', env: toEnv() })

    expect(report).toMatchObject(SERVED_REPORT)
  })

  it('reads all records of a trace that Python wrote, and lists the trace', async () => {
    const records = makePythonTrace()
    await usePython('write', toPythonUrl(), { records, env: toEnv() })

    const driver = open()

    expect(await readAll(driver, 'trace')).toEqual(records)
    expect(await driver.listTraces?.()).toMatchObject([
      { base_id: 'trace', name: 'rpc', service: 'compute', records: 2 },
    ])
    expect(await driver.listErrorTraces?.()).toMatchObject([{ base_id: 'trace' }])
  })

  it('lets Python report one tree for a trace with records of both drivers', async () => {
    const nested = makePythonTrace().map(record => ({ ...record, parent_id: 'root', trace_id: 'call' }))
    const driver = open()
    await driver.write(makeServed())

    const options = { baseId: 'trace', records: nested, env: toEnv() }
    const [report] = await usePython('write,read', toPythonUrl(), options)

    expect(await readAll(driver, 'trace')).toHaveLength(6)
    expect(report).toMatchObject({ children: [{ trace_id: 'root' }] })
  })
})

function open() {
  const driver = openDriver(toLoginsightUrl(server))
  onTestFinished(() => driver.close())
  return driver
}
