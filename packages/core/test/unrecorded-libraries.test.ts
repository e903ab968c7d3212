import { get, withTrace } from '@osprofiler/core'
import { addUnrecordedSource, isOwnClient, noteOwnClient, noteUnrecorded } from '@osprofiler/core/toolkit'
import { afterEach, describe, expect, it } from 'vitest'
import { BASE_ID, infoOf, traceRecords } from './fixtures/trace-records.js'

const taken: (() => void)[] = []
afterEach(() => {
  for (const takeBack of taken.splice(0)) takeBack()
})

it('isOwnClient() is true only for a library that a driver loaded as the client of its store', () => {
  noteOwnClient('kept-client')

  expect([isOwnClient('kept-client'), isOwnClient('other-client')]).toEqual([true, false])
})

describe('libraries that are not recorded', () => {
  it('are reported once after noteUnrecorded(), in the stop record of the root', async () => {
    const records = await traceRecords(async () => {
      noteUnrecorded(BASE_ID, 'cassandra-driver')
      noteUnrecorded(BASE_ID, 'cassandra-driver')
      await withTrace('first', () => get()?.start('inner').stop())
      await withTrace('second', () => {})
    })

    expect(infoOf(records, 'first-stop').unrecorded).toEqual(['cassandra-driver'])
    expect(infoOf(records, 'inner-stop')).not.toHaveProperty('unrecorded')
    expect(infoOf(records, 'second-stop')).not.toHaveProperty('unrecorded')
  })

  it('are reported in the stop record of each root while addUnrecordedSource() names them', async () => {
    taken.push(
      addUnrecordedSource(() => 'neo4j-driver'),
      addUnrecordedSource(() => undefined),
    )

    const records = await traceRecords(() => withTrace('first', () => {}))

    expect(infoOf(records, 'first-stop').unrecorded).toEqual(['neo4j-driver'])
  })

  it('are ignored for an unknown trace', () => {
    expect(() => noteUnrecorded('no such trace', 'pg')).not.toThrow()
  })
})
