import { describeFaults } from './stand-in-faults.js'
import { decodeDocument } from './stand-ins/bson-elements.js'
import { startMongodb } from './stand-ins/mongodb.js'

const INSERT_REFUSED = { code: 121, errmsg: 'Document failed validation' }

describeFaults('MongoDB', async () => {
  const server = await startMongodb()
  const records = () => server.database.collection('osprofiler.profiler')
  return {
    ...server,
    knowsIds: true,
    url: port => `mongodb://127.0.0.1:${port}/?serverSelectionTimeoutMS=1000&connectTimeoutMS=1000`,
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
