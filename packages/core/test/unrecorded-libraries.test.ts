import { get, withTrace } from '@osprofiler/core'
import { askUnrecorded, isOwnClient, noteOwnClient, noteUnrecorded } from '@osprofiler/core/toolkit'
import { afterEach, describe, expect, it } from 'vitest'
import { BASE_ID, infoOf, traceRecords } from './fixtures/trace-records.js'

const taken: (() => void)[] = []
afterEach(() => {
  for (const takeBack of taken.splice(0)) takeBack()
})

describe('libraries that are not recorded', () => {
  it('are told once, at the stop of what began the trace here', async () => {
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

  it('are told at each such stop while they are loaded', async () => {
    taken.push(
      askUnrecorded(() => 'neo4j-driver'),
      askUnrecorded(() => undefined),
    )

    const records = await traceRecords(() => withTrace('first', () => {}))

    expect(infoOf(records, 'first-stop').unrecorded).toEqual(['neo4j-driver'])
  })

  it('are nothing for a trace that nothing is known of', () => {
    expect(() => noteUnrecorded('no such trace', 'pg')).not.toThrow()
  })
})

it('remembers which libraries are clients of the own stores', () => {
  noteOwnClient('kept-client')

  expect([isOwnClient('kept-client'), isOwnClient('other-client')]).toEqual([true, false])
})
