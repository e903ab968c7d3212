import { randomUUID } from 'node:crypto'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it } from 'vitest'
import { makeRecord, makeTrace, readAll } from './make-record.js'

describe('memory://', () => {
  it('opens a new store each time, unless the store has a name', async () => {
    const name = randomUUID()
    const [unnamed, named] = [openDriver('memory://'), openDriver(`memory://${name}`)]
    const record = makeRecord()

    await unnamed.write([record])
    await named.write([record])

    expect(await readAll(openDriver('memory://'), record.base_id)).toEqual([])
    expect(await readAll(openDriver(`memory://${name}`), record.base_id)).toEqual([record])
  })

  it('keeps the records of a named store after the driver that wrote them is closed', async () => {
    const connectionString = `memory://${randomUUID()}`
    const record = makeRecord()
    const app = openDriver(connectionString)

    await app.write([record])
    await app.close()

    expect(await readAll(openDriver(connectionString), record.base_id)).toEqual([record])
  })

  it('keeps up to 250,000 records, and drops the oldest traces to make room for new records', async () => {
    const driver = openDriver('memory://')
    await driver.write(makeTrace(10, { base_id: 'oldest' }))
    await driver.write(makeTrace(249_985, { base_id: 'large' }))

    const full = await driver.write(makeTrace(6, { base_id: 'newest' }))

    expect(full).toEqual({ refused: 0 })
    expect(await readAll(driver, 'oldest')).toEqual([])
    expect(await readAll(driver, 'large')).toHaveLength(249_985)
    expect(await readAll(driver, 'newest')).toHaveLength(6)
  })

  it('refuses those records of a batch that do not fit even into an empty store', async () => {
    const driver = openDriver('memory://')

    const result = await driver.write(makeTrace(250_003))

    expect(result).toEqual({ refused: 3 })
  })
})
