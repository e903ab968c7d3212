import { openDriver } from '@osprofiler/drivers'
import { beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { describeForEachPython } from '../../../test/python/each-python.js'
import { readAll } from './make-record.js'
import { openMongodbStore } from './mongodb-store.js'
import { makePythonTrace, makeServed, SERVED_REPORT, usePython } from './python-store.js'

let store: Awaited<ReturnType<typeof openMongodbStore>>

beforeAll(async () => {
  store = await openMongodbStore()
})
beforeEach(() => store.clear())

describeForEachPython("mongodb:// together with Python's driver", () => {
  it('writes a trace that Python can report and list', async () => {
    await open().write(makeServed())

    const [report, listed, failed] = await usePython('read,list,errors', store.url, { baseId: 'trace' })

    expect(report).toMatchObject(SERVED_REPORT)
    expect(listed).toEqual([{ base_id: 'trace', timestamp: '2026-11-22T10:00:00.000001' }])
    expect(failed).toEqual([{ base_id: 'trace', timestamp: '2026-11-22T10:00:00.009001' }])
  })

  it('writes a trace that Python can report, even if MongoDB cannot keep its info exactly', async () => {
    const trace = makeServed().map(record => ({ ...record, info: { ...record.info, $where: 'half \ud800' } }))
    await open().write(trace)

    const [report] = await usePython('read', store.url, { baseId: 'trace' })

    expect(report).toMatchObject({ stats: SERVED_REPORT.stats })
  })

  it('reads all records of a trace that Python wrote, and lists the trace', async () => {
    const records = makePythonTrace()
    await usePython('write', store.url, { records })

    const driver = open()

    expect(await readAll(driver, 'trace')).toEqual(records)
    expect(await driver.listTraces?.()).toMatchObject([
      { base_id: 'trace', name: 'rpc', service: 'compute', records: 2 },
    ])
    expect(await driver.listErrorTraces?.()).toMatchObject([{ base_id: 'trace' }])
    expect(await driver.deleteTrace?.('trace')).toBe(2)
    expect(await usePython('errors', store.url)).toEqual([[]])
  })

  it('lets Python report one tree for a trace with records of both drivers', async () => {
    const nested = makePythonTrace().map(record => ({ ...record, parent_id: 'root', trace_id: 'call' }))
    const driver = open()
    await driver.write(makeServed())

    const [report] = await usePython('write,read', store.url, { baseId: 'trace', records: nested })

    expect(report).toMatchObject({ children: [{ trace_id: 'root' }] })
    expect(await readAll(driver, 'trace')).toHaveLength(6)
  })
})

function open() {
  const driver = openDriver(store.url, { filterErrorTrace: true })
  onTestFinished(() => driver.close())
  return driver
}
