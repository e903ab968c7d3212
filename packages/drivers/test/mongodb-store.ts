import { MongoClient } from 'mongodb'
import { afterAll } from 'vitest'
import { startMongodb } from '../../../test/servers/mongodb.js'

/**
 * Opens an empty store for each test, in the MongoDB server that OSPROFILER_TEST_MONGODB_URL names, or in a server that
 * is started for the test file.
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
