import { setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import type { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startMongodb } from '../../../packages/drivers/test/stand-ins/mongodb.js'
import { findFreePort } from '../../../test/servers/free-port.js'
import { startProxy, type Proxy as Way } from '../../../test/servers/proxy.js'
import { databaseCalls, waits } from './database-calls.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { LOAD_ORDERS, traceInProgram } from './load-order.js'
import { collect, inTrace, only, until } from './traced-calls.js'

const TRACES = 200
const DATABASE = 'osprofiler_instruments'
const PASSWORD = 'SEALED-password'

let url: string
let proxy: Way
let records: TraceRecord[]

/** Uses the MongoDB server at OSPROFILER_TEST_MONGODB_URL, or a stand-in if this variable is not set. */
beforeAll(async () => {
  url = process.env.OSPROFILER_TEST_MONGODB_URL ?? (await startStandIn())
  const { hostname, port } = new URL(url)
  proxy = await startProxy({ host: hostname, port: Number(port || 27_017) })
})
afterAll(() => proxy.stop())
beforeEach(() => {
  records = collect()
})
afterEach(async () => {
  undoInstruments()
  setNotifier(undefined)
  await proxy.heal()
})

async function startStandIn(): Promise<string> {
  const { host, port } = await startMongodb({ credentials: { username: 'shop', password: PASSWORD } })
  return `mongodb://shop:${PASSWORD}@${host}:${port}/?authSource=admin`
}

/** Returns a URL that leads to the server through a proxy, so that a test can break the connection. */
function urlThroughProxy(): string {
  const through = new URL(url)
  through.host = `${proxy.host}:${proxy.port}`
  return through.href
}

const MONGODB_VERSIONS = ['mongodb', 'mongodb-6']

describe.each(MONGODB_VERSIONS)('the instrument of %s', name => {
  let library: typeof import('mongodb')
  let client: MongoClient
  const clients: MongoClient[] = []

  function create(options: object = {}, to = url): MongoClient {
    const created = new library.MongoClient(to, options)
    clients.push(created)
    return created
  }

  const orders = (from = client) => from.db(DATABASE).collection<{ _id: number; status?: string }>('orders')

  beforeAll(async () => {
    library = await import(name)
  })
  beforeEach(async () => {
    client = create()
    await orders().deleteMany({})
  })
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(each => each.close()))
  })

  it('records a command as a point with hidden values', async () => {
    instrumented()

    const { baseId, result } = await inTrace(async () => {
      await orders().insertMany([{ _id: 1, status: 'SEALED' }, { _id: 2 }])
      const found = await orders()
        .find({ status: 'SEALED', _id: { $gte: 1 } })
        .sort({ _id: -1 })
        .toArray()
      await orders()
        .aggregate([{ $match: { status: 'SEALED' } }])
        .toArray()
      await orders().distinct('status')
      await orders().deleteMany({ $or: [{ _id: 1 }, { _id: 2 }] })
      return found
    })

    expect(result).toEqual([{ _id: 1, status: 'SEALED' }])
    expect(databaseCalls(records)).toEqual([
      { statement: 'insert orders ?, ... 1 more' },
      { statement: 'find orders {status: ?, _id: {$gte: ?}} sort {_id: ?}' },
      { statement: 'aggregate orders [{$match: {status: ?}}]' },
      { statement: 'distinct orders status {}' },
      { statement: 'delete orders {$or: [{_id: ?}, {_id: ?}]}' },
    ])
    expect(records.map(({ base_id, parent_id }) => [base_id, parent_id])).toEqual(Array(10).fill([baseId, baseId]))
    expect(records[0]?.info.db).toMatchObject({ system: 'mongodb' })
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it('records values except secrets, and no results, with traceSql "values"', async () => {
    instrumented(['mongodb'], { traceSql: 'values' })
    await orders().insertOne({ _id: 1, status: 'RESULT' })
    const id = new library.ObjectId()

    await inTrace(async () => {
      await orders().findOne({ _id: 1, password: 'SEALED', session: { token: 'SEALED' } } as never)
      await orders().findOne({ _id: id } as never, { projection: { status: 1 } })
    })

    expect(databaseCalls(records).map(({ params }) => params)).toEqual([
      { filter: { _id: 1, password: '***', session: { token: '***' } }, limit: 1 },
      { filter: { _id: String(id) }, projection: { status: 1 }, limit: 1 },
    ])
    expect(JSON.stringify(records)).not.toMatch(/SEALED|RESULT/)
  })

  it('records nested values of updates and pipeline stages, except secrets', async () => {
    instrumented(['mongodb'], { traceSql: 'values' })
    const uuid = new library.UUID()
    const address = { city: { name: 'Ghent', geo: { lat: 51.05 } }, password: 'SEALED' }

    await inTrace(async () => {
      await orders().updateOne({ _id: 1 }, { $set: { status: 'paid', address } } as never, { upsert: true })
      await orders().bulkWrite([
        {
          updateOne: {
            filter: { _id: 1 },
            update: { $set: { total: library.Long.fromNumber(7), order: uuid } as never },
          },
        },
        { updateMany: { filter: { _id: { $in: [1, 2] } }, update: { $set: { tags: ['a'] } as never } } },
      ])
      await orders()
        .aggregate([{ $match: { $or: [{ status: { $in: ['paid'] } }, { 'address.token': 'SEALED' }] } }])
        .toArray()
    })

    const shown = databaseCalls(records).map(({ params }) => params)
    expect(shown).toEqual([
      {
        updates: [
          { q: { _id: 1 }, u: { $set: { status: 'paid', address: { ...address, password: '***' } } }, upsert: true },
        ],
      },
      {
        updates: [
          { q: { _id: 1 }, u: { $set: { total: '7', order: String(uuid) } } },
          { q: { _id: { $in: [1, 2] } }, u: { $set: { tags: ['a'] } }, multi: true },
        ],
      },
      { pipeline: [{ $match: { $or: [{ status: { $in: ['paid'] } }, { 'address.token': '***' }] } }] },
    ])
  })

  it('records each batch of a result as a point', async () => {
    instrumented()
    await orders().insertMany(Array.from({ length: 5 }, (_, index) => ({ _id: index })))

    await inTrace(() => withTrace('read', () => orders().find({}, { batchSize: 2 }).toArray()))

    const read = only(records, 'read-start').trace_id
    expect(databaseCalls(records).map(({ statement }) => statement)).toEqual([
      'find orders {}',
      'getMore orders',
      'getMore orders',
    ])
    for (const record of records) if (record.name === 'db-start') expect(record.parent_id).toBe(read)
  })

  it("records a command's error without values", async () => {
    instrumented()

    const { result } = await inTrace(async () => {
      await orders().insertOne({ _id: 'SEALED' } as never)
      const twice = await orders()
        .insertOne({ _id: 'SEALED' } as never)
        .catch((error: Error) => error.message)
      await orders()
        .find({ status: { $nonsense: 'SEALED' } } as never)
        .toArray()
        .catch(() => undefined)
      await client
        .db(DATABASE)
        .command({ nonsense: 'SEALED' })
        .catch(() => undefined)
      return twice
    })

    expect(result).toContain('SEALED')
    expect(databaseCalls(records)).toEqual([
      { statement: 'insert orders ?' },
      { statement: 'insert orders ?', etype: 'MongoWriteError', message: expect.stringMatching(/^E11000 .*\{\?\}/) },
      {
        statement: 'find orders {status: {$nonsense: ?}}',
        etype: 'MongoServerError',
        message: expect.stringMatching(/operator/),
      },
      { statement: 'nonsense', etype: 'MongoServerError', message: expect.stringMatching(/^no such command/) },
    ])
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it.each(['off', 'statements', 'values'] as const)(
    'records neither user names nor passwords with traceSql %s',
    async traceSql => {
      instrumented(['mongodb'], { traceSql })
      const payload = new library.Binary(Buffer.from('\0SEALED\0SEALED'))
      const failing = (command: object) =>
        client
          .db('admin')
          .command(command)
          .catch(() => undefined)

      await inTrace(async () => {
        await failing({ createUser: 'SEALED', pwd: 'SEALED', roles: [] })
        await failing({ updateUser: 'SEALED', pwd: 'SEALED' })
        await failing({ saslStart: 1, mechanism: 'PLAIN', payload })
        await failing({ hello: 1, speculativeAuthenticate: { saslStart: 1, mechanism: 'PLAIN', payload } })
        await failing({ authenticate: 1, user: 'SEALED', key: 'SEALED' })
        await create().db(DATABASE).command({ ping: 1 })
      })

      const statements = databaseCalls(records).map(({ statement }) => statement)
      expect(statements).toEqual(['createUser', 'updateUser', 'saslStart', 'hello', 'authenticate', 'ping'])
      expect(JSON.stringify(records)).not.toMatch(/SEALED|payload/)
    },
  )

  it("records the wait for a connection, and not the connection's own work", async () => {
    instrumented()

    await inTrace(() => orders(create({ heartbeatFrequencyMS: 500 })).findOne({}))

    expect(new Set(waits(records))).toEqual(new Set(['connection']))
    expect(databaseCalls(records)).toEqual([{ statement: 'find orders {}' }])
  })

  it('ends the point `wait` if the server does not exist', async () => {
    instrumented()
    const lost = create({ serverSelectionTimeoutMS: 60 }, `mongodb://127.0.0.1:${await findFreePort()}/`)

    await inTrace(() =>
      orders(lost)
        .findOne({})
        .catch((error: Error) => error),
    )

    expect(only(records, 'wait-stop').info).toMatchObject({ etype: 'MongoServerSelectionError' })
    expect(databaseCalls(records)).toEqual([])
  })

  it('ends the point of a command whose connection breaks', async () => {
    instrumented()
    const cut = create({ retryReads: false }, urlThroughProxy())
    await cut.connect()
    await orders(cut).findOne({})
    proxy.delay(2_000)

    await inTrace(async () => {
      const answer = orders(cut)
        .findOne({})
        .catch((error: Error) => error)
      await until(() => records.some(record => record.name === 'db-start'))
      proxy.cut()
      return answer
    })

    expect(databaseCalls(records)).toEqual([expect.objectContaining({ etype: 'MongoNetworkError' })])
  })

  it('ends the point of a command that takes too long, or is aborted', async () => {
    instrumented()
    const slow = create({ retryReads: false, socketTimeoutMS: 1_000 }, urlThroughProxy())
    await slow.connect()
    await orders(slow).findOne({})
    const controller = new AbortController()
    proxy.delay(2_000)

    await inTrace(() =>
      orders(slow)
        .findOne({})
        .catch((error: Error) => error),
    )
    await proxy.heal()
    const patient = create({ retryReads: false }, urlThroughProxy())
    await orders(patient).findOne({})
    proxy.delay(2_000)
    await inTrace(async () => {
      const answer = orders(patient)
        .findOne({}, { signal: controller.signal })
        .catch((error: Error) => error)
      await until(() => records.filter(record => record.name === 'db-start').length === 2)
      controller.abort()
      return answer
    })

    expect(databaseCalls(records).map(({ etype }) => etype)).toEqual(['MongoNetworkTimeoutError', 'AbortError'])
  })

  it('keeps commands in their own traces in a pool of one connection, and records their waits', async () => {
    instrumented(['mongodb'], { traceSql: 'values' })
    const narrow = create({ maxPoolSize: 1 })
    await narrow.connect()

    const traces = await Promise.all(
      Array.from({ length: TRACES }, (_, index) =>
        inTrace(() =>
          withTrace('work', async () => {
            await orders(narrow).insertOne({ _id: index })
            await new Promise(resolve => setTimeout(resolve, index % 5))
            await orders(narrow).find({ _id: index }).toArray()
          }),
        ),
      ),
    )

    for (const [index, { baseId }] of traces.entries()) {
      const own = records.filter(record => record.base_id === baseId)
      const work = only(own, 'work-start').trace_id
      expect(databaseCalls(own).map(({ params }) => params)).toEqual([
        { documents: [{ _id: index }] },
        { filter: { _id: index } },
      ])
      for (const record of own) if (/^(?:db|wait)-/.test(record.name)) expect(record.parent_id).toBe(work)
    }
    expect(waits(records).length).toBeGreaterThan(TRACES)
    expect(waits(records)).toContain('pool')
  })

  it('does not make a command fail if a getter of its filter throws', async () => {
    instrumented()
    let reads = 0
    const filter = {
      get status() {
        reads++
        if (reads === 1) throw new Error('not yet')
        return 'open'
      },
    }

    await inTrace(() => orders().findOne(filter))

    expect(databaseCalls(records)).toEqual([{ statement: '?' }])
  })

  it('records nothing outside a trace', async () => {
    instrumented()

    await orders().findOne({})

    expect(records).toEqual([])
  })

  it('records one point per command after two calls of instrument(), and no point after both are undone', async () => {
    const first = instrumented()
    const second = instrumented()

    await inTrace(() => orders().findOne({}))
    first()
    await inTrace(() => orders().findOne({}))
    second()
    await inTrace(() => orders().findOne({}))

    expect(databaseCalls(records)).toHaveLength(2)
  })

  it('records one point even with command monitoring, whose listeners still get all events', async () => {
    instrumented()
    const monitored = create({ monitorCommands: true })
    const heard: string[] = []
    monitored.on('commandSucceeded', ({ commandName }) => void heard.push(commandName))

    await inTrace(() => orders(monitored).findOne({}))

    expect(heard).toEqual(['find'])
    expect(databaseCalls(records)).toEqual([{ statement: 'find orders {}' }])
  })

  it.each(LOAD_ORDERS)('finds the library in every load order: %s %s instrument()', async (...order) => {
    const work = `await new library.MongoClient('${url}').db('${DATABASE}').collection('orders').findOne({ a: 1 })`

    const told = await traceInProgram(order, name, work)

    expect(told.filter(each => each.startsWith('db'))).toEqual(['db-start find orders {a: ?}', 'db-stop'])
  })
})

const MONGOOSE_VERSIONS = ['mongoose', 'mongoose-8']

describe.each(MONGOOSE_VERSIONS)('the instrument of %s', name => {
  let library: typeof import('mongoose')
  let mongoose: InstanceType<typeof library.Mongoose>

  beforeAll(async () => {
    const imported = await import(name)
    library = imported.default ?? imported
  })
  beforeEach(() => {
    mongoose = new library.Mongoose()
  })
  afterEach(() => mongoose.disconnect())

  function createModel() {
    const schema = new library.Schema(
      { _id: Number, status: String },
      { versionKey: false, autoIndex: false, autoCreate: false },
    )
    return mongoose.model('Order', schema, 'orders')
  }

  it('records each operation as the point of its mongodb command', async () => {
    instrumented()
    const Order = createModel()
    await mongoose.connect(url, { dbName: DATABASE })
    await Order.deleteMany({})
    records.length = 0

    const { baseId } = await inTrace(() =>
      withTrace('work', async () => {
        await new Order({ _id: 1, status: 'SEALED' }).save()
        await Order.find({ status: 'SEALED' })
        await Order.aggregate([{ $match: { status: 'SEALED' } }])
      }),
    )

    const work = only(records, 'work-start').trace_id
    expect(databaseCalls(records)).toEqual([
      { statement: 'insert orders ?' },
      { statement: 'find orders {status: ?}' },
      { statement: 'aggregate orders [{$match: {status: ?}}]' },
    ])
    for (const record of records) {
      expect(record.base_id).toBe(baseId)
      if (record.name === 'db-start') expect(record.parent_id).toBe(work)
    }
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it('keeps operations in their own traces if mongoose buffered them until it was connected', async () => {
    instrumented(['mongodb', 'mongoose'], { traceSql: 'values' })
    const Order = createModel()

    const asked = Array.from({ length: 20 }, (_, index) => inTrace(() => Order.findOne({ _id: index }).exec()))
    const opened = inTrace(() => mongoose.connect(url, { dbName: DATABASE }))
    const traces = await Promise.all(asked)
    await opened

    for (const [index, { baseId }] of traces.entries()) {
      const own = records.filter(record => record.base_id === baseId)
      expect(databaseCalls(own).map(({ params }) => params)).toEqual([{ filter: { _id: index }, limit: 1 }])
      expect(new Set(waits(own))).toEqual(new Set(['connection']))
    }
  })
})
