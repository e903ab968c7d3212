import { MongoClient } from 'mongodb'
import { startMongodb as startServer } from '../../../test/servers/mongodb.js'
import { describeServerFaults } from './server-faults.js'
import { describeRefusals } from './stand-in-faults.js'
import { decodeDocument } from './stand-ins/bson-elements.js'
import { startMongodb as startStandIn } from './stand-ins/mongodb.js'

const INSERT_REFUSED = { code: 121, errmsg: 'Document failed validation' }
const url = (port: number) => `mongodb://127.0.0.1:${port}/?serverSelectionTimeoutMS=1000&connectTimeoutMS=1000`

describeServerFaults('MongoDB', async () => {
  const server = await startServer({ durable: true })
  const ask = async <Result>(question: (records: ReturnType<typeof recordsOf>) => Promise<Result>) => {
    const client = new MongoClient(server.url)
    try {
      return await question(recordsOf(client))
    } finally {
      await client.close()
    }
  }
  return {
    ...server,
    url,
    knowsIds: true,
    points: () => ask(async records => (await records.find({}).toArray()).map(({ trace_id }) => trace_id)),
    clear: () => ask(async records => void (await records.deleteMany({}))),
  }
})

// These tests need the stand-in, because a replica set with one server never lacks a primary, and mongo-java-server
// does not validate documents.
describeRefusals('MongoDB', async () => {
  const server = await startStandIn()
  const records = () => server.database.collection('osprofiler.profiler')
  return {
    ...server,
    url,
    knowsIds: true,
    points: () => {
      const documents = records().find({}, {})
      return documents.map(document => decodeDocument(document).trace_id)
    },
    clear: () => records().clear(),
    refuseBad() {
      server.intercept = ({ name, documents }) => {
        const bad = documents.findIndex(document => decodeDocument(document).name === 'bad')
        if (name !== 'insert' || bad < 0) return undefined
        const good = documents.filter((_, index) => index !== bad)
        records().insert(good, false)
        return { n: good.length, writeErrors: [{ index: bad, ...INSERT_REFUSED }], ok: 1 }
      }
    },
    takeNothing() {
      server.intercept = ({ name }) => {
        return name === 'insert'
          ? { ok: 0, code: 10107, codeName: 'NotWritablePrimary', errmsg: 'not primary' }
          : undefined
      }
    },
    repair() {
      server.intercept = undefined
    },
  }
})

function recordsOf(client: MongoClient) {
  return client.db('osprofiler').collection('profiler')
}
