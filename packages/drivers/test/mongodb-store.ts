import { MongoClient } from 'mongodb'
import { startMongodb } from './stand-ins/mongodb.js'

/** An empty store for each test: in the MongoDB that OSPROFILER_TEST_MONGODB_URL names, or else in a stand-in. */
export async function openMongodbStore(): Promise<{ readonly url: string; clear(): Promise<void> }> {
  const url = process.env.OSPROFILER_TEST_MONGODB_URL ?? (await startStandIn())
  return {
    url,
    async clear() {
      const client = new MongoClient(url)
      for (const name of ['profiler', 'profiler_error']) await client.db('osprofiler').collection(name).deleteMany({})
      await client.close()
    },
  }
}

async function startStandIn(): Promise<string> {
  const { host, port } = await startMongodb({ credentials: { username: 'tracer', password: 'p@ss:word/é' } })
  return `mongodb://tracer:${encodeURIComponent('p@ss:word/é')}@${host}:${port}/?authSource=admin`
}
