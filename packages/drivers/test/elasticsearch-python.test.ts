import { openDriver } from '@osprofiler/drivers'
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { describeForEachPython } from '../../../test/python/each-python.js'
import { importOnce } from '../../../test/python/run-python.js'
import { readAll } from './make-record.js'
import { makePythonTrace, makeServed, SERVED_REPORT, usePython } from './python-store.js'
import { type SearchStandIn, startSearch } from './stand-ins/search.js'

importOnce('elasticsearch')

// Python's client 7.17 sends document types. This variable makes the client ask Elasticsearch 8 to accept such types.
const env = { ELASTIC_CLIENT_APIVERSIONING: '1' }
let server: SearchStandIn

beforeAll(async () => {
  server = await startSearch({ product: 'elasticsearch', compatibleWith: [7, 8, 9] })
})
beforeEach(() => server.cluster.deleteAll())
afterAll(() => server.kill())

const storeUrl = () => `elasticsearch://127.0.0.1:${server.port}`

describeForEachPython("elasticsearch:// together with Python's driver", () => {
  it('writes a trace that Python can report', async () => {
    const driver = open()
    await driver.write(makeServed())
    await driver.listTraces?.()

    const [report] = await usePython('read', storeUrl(), { baseId: 'trace', env })

    expect(report).toMatchObject(SERVED_REPORT)
  })

  it('reads all records of a trace that Python wrote, from the index that Python created', async () => {
    const records = makePythonTrace()
    await usePython('write', storeUrl(), { records, env })

    const driver = open()

    expect(await readAll(driver, 'trace')).toEqual(records)
    expect(await driver.listTraces?.()).toMatchObject([
      { base_id: 'trace', name: 'rpc', service: 'compute', records: 2 },
    ])
    expect(await driver.listErrorTraces?.()).toMatchObject([{ base_id: 'trace' }])
    expect(await driver.deleteTrace?.('trace')).toBe(2)
  })

  it('lets Python report one tree for records of both drivers, regardless of the order of the records', async () => {
    const nested = makePythonTrace().map(record => ({ ...record, parent_id: 'root', trace_id: 'call' }))
    for (const first of ['ours', 'theirs']) {
      server.cluster.deleteAll()
      const driver = open()
      if (first === 'ours') await driver.write(makeServed())
      await usePython('write', storeUrl(), { records: nested, env })
      if (first === 'theirs') await driver.write(makeServed())

      const found = await readAll(driver, 'trace')
      const [report] = await usePython('read', storeUrl(), { baseId: 'trace', env })

      expect(found).toHaveLength(6)
      expect(report).toMatchObject({ children: [{ trace_id: 'root' }] })
    }
  })

  it('finds the failed traces that Python recorded in an index without a mapping for info', async () => {
    const driver = open()
    await driver.write(
      makeServed()
        .slice(0, 1)
        .map(record => ({ ...record, base_id: 'fine' })),
    )
    await usePython('write', storeUrl(), { records: makePythonTrace(), env })

    expect(await driver.listErrorTraces?.()).toMatchObject([{ base_id: 'trace', records: 2 }])
  })
})

function open() {
  const driver = openDriver(storeUrl())
  onTestFinished(() => driver.close())
  return driver
}
