import * as elasticsearch from '@elastic/elasticsearch'
import { createTraceId, run, setNotifier, type TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { instrument } from '@osprofiler/instruments'
import { makeTrace } from '../packages/drivers/test/make-record.js'

/**
 * Calls every function of a driver within a trace, with every instrument on. Returns the number of records that the
 * driver read, and the trace's records.
 */
export async function recordDriverUse(connectionString: string): Promise<{ written: number; recorded: string[] }> {
  const recorded: TraceRecord[] = []
  const written = makeTrace(4, { base_id: createTraceId() })
  const [first] = written
  setNotifier(record => void recorded.push(record))
  // Without `libraries`, the instrument would find Elasticsearch's client only some ticks after the client was loaded.
  const libraries = { '@elastic/elasticsearch': elasticsearch }
  const undo = instrument(undefined, { traceSql: 'values', libraries })
  const found = await run({ hmacKey: 'SECRET' }, async () => {
    const driver = openDriver(connectionString)
    await driver.write(written)
    let read = 0
    for await (const batch of driver.readRecords?.(first?.base_id ?? '') ?? []) read += batch.length
    await driver.listTraces?.({})
    await driver.listErrorTraces?.({})
    await driver.deleteTrace?.(first?.base_id ?? '')
    await driver.pruneTraces?.(new Date(0))
    await driver.close()
    return read
  })
  undo()
  setNotifier(undefined)
  return { written: found, recorded: recorded.map(({ name, info }) => `${name} ${JSON.stringify(info)}`) }
}
