import { Redis } from 'ioredis'
import type { TestServer } from '../../../test/servers/start-server.js'

/**
 * Returns the point id of each record in a server or in a node of a Cluster. If a record is stored twice, its id is
 * returned twice.
 */
export async function storedPoints({ url }: Pick<TestServer, 'url'>): Promise<string[]> {
  const redis = new Redis(url)
  try {
    const keys = await redis.keys('osprofiler_opt:*')
    const lists = await Promise.all(
      keys.map(async key => ((await redis.type(key)) === 'list' ? redis.lrange(key, 0, -1) : [])),
    )
    return lists.flat().map(line => JSON.parse(line).trace_id)
  } finally {
    redis.disconnect()
  }
}
