import { MongoClient } from 'mongodb'
import { openServer } from './stand-ins.js'

/** MongoDB as a store of the benchmark: see `stores.js`. */
export const store = {
  title: 'MongoDB',

  async start() {
    const server = await openServer('mongodb', {
      file: 'mongodb',
      start: ({ startMongodb }) => startMongodb(),
      toUrl: ({ host, port }) => `mongodb://${host}:${port}`,
    })
    const client = new MongoClient(server.url)
    return {
      ...server,
      python: ['osprofiler.drivers.mongodb.MongoDB', server.url],
      clear: () => client.db('osprofiler').collection('profiler').deleteMany({}),
      async stop() {
        await client.close()
        await server.stop()
      },
    }
  },

  /** Returns a document, which the client encodes as BSON. */
  toText: record => ({ ...record }),

  /** Writes one unordered insert per batch. */
  openBare(url) {
    const collection = new MongoClient(url).db('osprofiler').collection('profiler')
    return { write: (batch, toDocument) => collection.insertMany(batch.map(toDocument), { ordered: false }) }
  },
}
