import { type Document, MongoClient, MongoServerError } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startMongodb as startServer } from '../../../test/servers/mongodb.js'
import { startMongodb as startStandIn } from './stand-ins/mongodb.js'

const RECORDS = [
  { _id: 1, base_id: 'a', name: 'wsgi-start', timestamp: '2026-11-22T10:00:00.000001', info: { host: 'web-1' } },
  { _id: 2, base_id: 'b', name: 'db-start', timestamp: '2026-11-22T10:00:00.000002', info: { etype: null } },
  { _id: 3, base_id: 'a', name: 'wsgi-stop', timestamp: '2026-11-22T10:00:00.000003', info: { etype: 'Error' } },
  { _id: 4, base_id: 'é', name: '漢', timestamp: '', info: { response: { status_code: 503 } } },
  { _id: 5, base_id: 'b', timestamp: '2026-11-22T10:00:00.000004', info: { response: { status_code: 404 } } },
]
const FAILED = {
  $or: [{ 'info.etype': { $exists: true, $ne: null } }, { 'info.response.status_code': { $gte: 500 } }],
}
const LATEST_FIRST = { timestamp: -1 }
const EACH_TRACE = [
  { $match: { base_id: { $in: ['a', 'b'] } } },
  { $project: { info: 0, info_json: 0 } },
  { $sort: { base_id: 1, timestamp: 1, _id: 1 } },
  { $group: { _id: '$base_id', first: { $first: '$$ROOT' }, records: { $sum: 1 } } },
]

/** Commands that leave the records unchanged. */
const QUESTIONS: [string, Document][] = [
  ['a ping', { ping: 1 }],
  ['all records', { find: 'records' }],
  ['a trace by its id', { find: 'records', filter: { base_id: { $eq: 'a' } }, sort: { timestamp: 1, _id: 1 } }],
  ['a missing trace', { find: 'records', filter: { base_id: { $eq: 'c' } } }],
  ['a missing collection', { find: 'nothing' }],
  ['an id of another type', { find: 'records', filter: { base_id: { $eq: 7 } } }],
  ['an id that looks like an operator', { find: 'records', filter: { base_id: { $eq: '{"$ne": ""}' } } }],
  ['a string with a non-ASCII character', { find: 'records', filter: { base_id: 'é' } }],
  ['failed records', { find: 'records', filter: FAILED, sort: LATEST_FIRST }],
  ['a projection', { find: 'records', projection: { _id: 0, base_id: 1, timestamp: 1 }, sort: { _id: 1 } }],
  ['a range of times', { find: 'records', filter: { timestamp: { $gte: '2026', $lt: '2026-11-22T10:00:00.000003' } } }],
  ['a missing member', { find: 'records', filter: { name: { $exists: false } } }],
  ['the latest two records', { find: 'records', sort: LATEST_FIRST, limit: 2 }],
  ['a sort by two members', { find: 'records', sort: { base_id: -1, timestamp: -1 } }],
  ['distinct ids', { distinct: 'records', key: 'base_id' }],
  ['the aggregation of listTraces()', { aggregate: 'records', pipeline: EACH_TRACE, cursor: {} }],
  [
    'one group of all records',
    { aggregate: 'records', pipeline: [{ $group: { _id: null, records: { $sum: 1 } } }], cursor: {} },
  ],
  [
    'the greatest value in a group',
    { aggregate: 'records', pipeline: [{ $group: { _id: null, last: { $max: '$timestamp' } } }], cursor: {} },
  ],
]

/** Commands that change the records. After each command, the test also compares the whole collection. */
const CHANGES: [string, Document][] = [
  ['an insert', { insert: 'records', documents: [{ _id: 6 }, { _id: 7 }] }],
  [
    'an unordered insert that includes an existing record',
    { insert: 'records', documents: [{ _id: 1 }, { _id: 6 }], ordered: false },
  ],
  ['an insert of the same record twice', { insert: 'records', documents: [{ _id: 6 }, { _id: 6 }], ordered: false }],
  ['a removal of a trace', { delete: 'records', deletes: [{ q: { base_id: { $eq: 'a' } }, limit: 0 }] }],
  ['a removal of a missing trace', { delete: 'records', deletes: [{ q: { base_id: { $eq: 'c' } }, limit: 0 }] }],
  ['an update', { update: 'records', updates: [{ q: { base_id: { $eq: 'é' } }, u: { $set: { timestamp: 'x' } } }] }],
  [
    'an update that inserts a missing record',
    { update: 'records', updates: [{ q: { base_id: { $eq: 'c' } }, u: { $set: { timestamp: 'x' } }, upsert: true }] },
  ],
]

const REFUSED: [string, Document][] = [
  ['an unknown command', { nonsense: 1 }],
  ['an unknown operator in a filter', { find: 'records', filter: { name: { $nonsense: 1 } } }],
  ['an unknown operator in place of a member', { find: 'records', filter: { $nonsense: 1 } }],
  ['an unknown stage', { aggregate: 'records', pipeline: [{ $nonsense: {} }], cursor: {} }],
  ['an unknown cursor', { getMore: 4_711n, collection: 'records' }],
]

const clients: MongoClient[] = []
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  const [server, standIn] = await Promise.all([startServer(), startStandIn()])
  stops.push(server.stop, standIn.kill)
  clients.push(...[server, standIn].map(({ port }) => new MongoClient(`mongodb://127.0.0.1:${port}`)))
})
afterAll(async () => {
  await Promise.all(clients.map(client => client.close()))
  await Promise.all(stops.map(stop => stop()))
})

describe('the stand-in for MongoDB answers like a real server', () => {
  it.each(QUESTIONS)('to a query: %s', async (_, command) => {
    const [real, ours] = await askBoth(command)

    expect(ours).toEqual(real)
    expect(real).toMatchObject([{ ok: 1 }])
  })

  it.each(CHANGES)('to a change: %s', async (_, command) => {
    const [real, ours] = await askBoth(command, { find: 'records', sort: { _id: 1 } })

    expect(ours).toEqual(real)
  })

  it.each(REFUSED)('that refuses %s', async (_, command) => {
    const [real, ours] = await askBoth(command)

    expect(ours).toEqual(real)
    expect(real).toMatchObject([{ code: expect.any(Number) }])
  })

  it('to a query with a long answer, batch by batch', async () => {
    const documents = Array.from({ length: 250 }, (_, index) => ({ _id: index }))

    const [real, ours] = await Promise.all(
      clients.map(async client => {
        const records = client.db('long').collection<{ _id: number }>('records')
        await records.insertMany(documents)
        const cursor = records.find({}, { batchSize: 100, sort: { _id: 1 } })
        const sizes = []
        while (await cursor.hasNext()) sizes.push(cursor.readBufferedDocuments().length)
        return sizes
      }),
    )

    expect(ours).toEqual(real)
  })
})

/**
 * Runs commands on mongo-java-server and the stand-in. Before the first command, both servers contain the same records.
 * Returns the answers of both servers.
 */
async function askBoth(...commands: Document[]): Promise<[unknown, unknown]> {
  const answers = await Promise.all(
    clients.map(async client => {
      const db = client.db('osprofiler')
      await db.collection('records').deleteMany({})
      await db.collection<{ _id: number }>('records').insertMany(RECORDS)
      const answered = []
      for (const command of commands) {
        answered.push(await db.command({ ...command }, { promoteLongs: true }).then(simplify, simplifyError))
      }
      return answered
    }),
  )
  return [answers[0], answers[1]]
}

/**
 * Omits generated ids and the names of error codes. Also omits the count `n` of a refused insert, because
 * mongo-java-server counts refused records and MongoDB does not.
 */
function simplify(answer: Document): unknown {
  const { n, ...rest } = answer
  const simple = 'writeErrors' in answer ? rest : answer
  return JSON.parse(JSON.stringify(simple), (key, value) => {
    if (key === '_id' && typeof value === 'string') return 'new'
    return key === 'codeName' ? undefined : value
  })
}

/** Keeps only an error's code, because messages differ between versions and programs rely on the code. */
function simplifyError(error: unknown): unknown {
  if (!(error instanceof MongoServerError)) throw error
  return { code: error.code }
}
