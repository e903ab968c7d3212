import { MongoClient } from 'mongodb'
import { afterAll } from 'vitest'
import { startMongodb } from '../../../test/servers/mongodb.js'

/**
 * Opens a MongoDB store for a test file. The server is the one that OSPROFILER_TEST_MONGODB_URL names, or else a server
 * that is started for the file. `clear()` empties the store.
 */
export async function openMongodbStore(): Promise<{ readonly url: string; clear(): Promise<void> }> {
  const url = process.env.OSPROFILER_TEST_MONGODB_URL ?? (await startForFile())
  return {
    url,
    async clear() {
      const client = new MongoClient(url)
      for (const name of ['profiler', 'profiler_error']) await client.db('osprofiler').collection(name).deleteMany({})
      await client.close()
    },
  }
}

async function startForFile(): Promise<string> {
  const server = await startMongodb()
  afterAll(() => server.stop())
  return server.url
}
