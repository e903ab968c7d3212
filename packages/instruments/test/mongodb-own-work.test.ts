import { get, setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import { BSON, Long, type MongoClient } from 'mongodb'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type MongodbStandIn, startMongodb } from '../../../packages/drivers/test/stand-ins/mongodb.js'
import { databaseCalls } from './database-calls.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { collect, inTrace, until } from './traced-calls.js'

let server: MongodbStandIn
let records: TraceRecord[]

beforeEach(async () => {
  server = await startMongodb()
  records = collect()
})
afterEach(async () => {
  undoInstruments()
  setNotifier(undefined)
  await server.kill()
})

const VERSIONS = ['mongodb', 'mongodb-6']

describe.each(VERSIONS)('the client of %s', name => {
  let library: typeof import('mongodb')
  let client: MongoClient

  beforeAll(async () => {
    library = await import(name)
  })
  beforeEach(() => {
    client = new library.MongoClient(`mongodb://${server.host}:${server.port}`, {
      heartbeatFrequencyMS: 500,
      serverSelectionTimeoutMS: 10_000,
      retryReads: false,
    })
  })
  afterEach(() => client.close())

  const things = () => client.db('osprofiler').collection<{ _id: number }>('things')
  const statements = () => databaseCalls(records).map(({ statement }) => statement)
  const heartbeats = () => server.commands.filter(command => /^(?:hello|ismaster)$/i.test(command)).length

  it('monitors its servers outside the trace of the request whose connection broke', async () => {
    instrumented()
    await client.connect()
    await things().findOne({})

    await server.kill()
    const request = inTrace(async () => {
      await things()
        .findOne({ _id: 1 })
        .catch(() => undefined)
      await things()
        .findOne({ _id: 2 })
        .catch(() => undefined)
    })
    await server.restart()
    await request
    const recorded = records.length
    const before = heartbeats()
    await until(() => heartbeats() > before + 2)

    expect(statements().filter(statement => statement !== 'find things {_id: ?}')).toEqual([])
    expect(records).toHaveLength(recorded)
  })

  it('monitors its servers outside the trace of the request that opened the client', async () => {
    instrumented()

    await inTrace(() => things().findOne({}))
    const before = heartbeats()
    await until(() => heartbeats() > before + 2)

    expect(statements()).toEqual(['find things {}'])
  })

  /** Makes the server respond as if the collection changed on every request. */
  function changeForever(): void {
    let count = 0
    server.intercept = ({ name: command }) => {
      if (command === 'killCursors') return { ok: 1 }
      if (!['aggregate', 'find', 'getMore'].includes(command)) return undefined
      const change = { _id: { _data: String(++count) }, operationType: 'insert', documentKey: { _id: count } }
      const batch = [Buffer.from(BSON.serialize(change))]
      const cursor = { id: Long.fromNumber(7), ns: 'osprofiler.things' }
      return {
        cursor: command === 'getMore' ? { ...cursor, nextBatch: batch } : { ...cursor, firstBatch: [] },
        ok: 1,
      }
    }
  }

  it('reads a change stream outside the trace of the request that opened the stream', async () => {
    instrumented()
    await client.connect()
    changeForever()
    const heard: unknown[] = []

    const { result: stream } = await inTrace(async () => {
      const opened = things().watch()
      opened.on('change', () => {
        heard.push(get())
        withTrace('heard', () => undefined)
      })
      await until(() => heard.length > 2)
      return opened
    })
    await until(() => heard.length > 4)
    await stream.close()

    expect(heard.filter(profiler => profiler !== undefined)).toEqual([])
    expect(records.map(record => record.name).filter(each => each === 'heard-start')).toEqual([])
    expect(statements()).not.toContain('getMore things')
  })

  it('keeps the context of code that iterates over a change stream, and records no point per poll', async () => {
    instrumented()
    await client.connect()
    changeForever()

    const { baseId, result } = await inTrace(async () => {
      const stream = things().watch()
      const contexts: unknown[] = []
      for (let count = 0; count < 3; count++) {
        await stream.next()
        contexts.push(get()?.baseId)
      }
      await stream.close()
      return contexts
    })

    expect(result).toEqual([baseId, baseId, baseId])
    expect(statements()).not.toContain('getMore things')
  })

  it('reads a tailable cursor outside the trace of the request that opened the cursor', async () => {
    instrumented()
    await client.connect()
    changeForever()
    const heard: unknown[] = []

    const { result: stream } = await inTrace(async () => {
      const opened = things().find({}, { tailable: true, awaitData: true }).stream()
      opened.on('data', () => void heard.push(get()))
      await until(() => heard.length > 2)
      return opened
    })
    stream.destroy()

    expect(heard.filter(profiler => profiler !== undefined)).toEqual([])
    expect(statements()).not.toContain('getMore things')
  })
})
