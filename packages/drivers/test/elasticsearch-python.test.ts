import type { Driver, TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { describeForEachPython } from '../../../test/python/each-python.js'
import { readAll } from './make-record.js'
import { makePythonTrace, makeServed, SERVED_REPORT, usePython } from './python-store.js'
import { openSearchServer, type SearchServer } from './search-server.js'

let server: SearchServer

beforeAll(async () => {
  server = await openSearchServer('elasticsearch7')
})
beforeEach(() => server.clear())
afterAll(() => server.stop())

const storeUrl = () => server.origin.replace('http', 'elasticsearch')

describeForEachPython("elasticsearch:// and OSProfiler's own driver", () => {
  it('give Python a trace that it can report', async () => {
    const driver = open()
    await write(driver, makeServed())
    await driver.listTraces?.()

    const [report] = await usePython('read', storeUrl(), { baseId: 'trace' })

    expect(report).toMatchObject(SERVED_REPORT)
  })

  it('read a trace that Python wrote, whole, from the index that Python made', async () => {
    const records = makePythonTrace()
    await usePython('write', storeUrl(), { records })

    const driver = open()

    expect(await readAll(driver, 'trace')).toEqual(records)
    expect(await driver.listTraces?.()).toMatchObject([
      { base_id: 'trace', name: 'rpc', service: 'compute', records: 2 },
    ])
    expect(await driver.listErrorTraces?.()).toMatchObject([{ base_id: 'trace' }])
    expect(await driver.deleteTrace?.('trace')).toBe(2)
  })

  it('make one tree of what both wrote, whoever was first', async () => {
    const nested = makePythonTrace().map(record => ({ ...record, parent_id: 'root', trace_id: 'call' }))
    for (const first of ['ours', 'theirs']) {
      await server.clear()
      const driver = open()
      if (first === 'ours') await write(driver, makeServed())
      await usePython('write', storeUrl(), { records: nested })
      if (first === 'theirs') await write(driver, makeServed())

      const found = await readAll(driver, 'trace')
      const [report] = await usePython('read', storeUrl(), { baseId: 'trace' })

      expect(found).toHaveLength(6)
      expect(report).toMatchObject({ children: [{ trace_id: 'root' }] })
    }
  })

  it('find the failed traces that Python has noted, in an index that does not look into info', async () => {
    const driver = open()
    await write(
      driver,
      makeServed()
        .slice(0, 1)
        .map(record => ({ ...record, base_id: 'fine' })),
    )
    await usePython('write', storeUrl(), { records: makePythonTrace() })

    expect(await driver.listErrorTraces?.()).toMatchObject([{ base_id: 'trace', records: 2 }])
  })
})

/** As a notifier does: a write has four seconds, for which a busy machine may be too slow. */
function write(driver: Driver, records: readonly TraceRecord[]) {
  return vi.waitFor(() => driver.write(records), { timeout: 60_000, interval: 100 })
}

function open() {
  const driver = openDriver(storeUrl())
  onTestFinished(() => driver.close())
  return driver
}
