import { Redis } from 'ioredis'

/** Redis as a store of the benchmark: see `stores.js`. */
export const store = {
  title: 'Redis',

  async start() {
    const { startRedis } = await import('../../test/servers/dist/redis.js')
    const server = await startRedis({ settings: { appendonly: 'no' } })
    const { url } = server
    return {
      url,
      python: ['osprofiler.drivers.redis_driver.Redis', url],
      clear: () => server.command('FLUSHALL'),
      stop: () => server.stop(),
    }
  },

  /** Writes one variadic push per trace, and one pipeline per batch. */
  openBare(url) {
    const client = new Redis(url)
    return {
      async write(batch, toText) {
        const traces = new Map()
        for (const item of batch) {
          const texts = traces.get(item.base_id)
          if (texts === undefined) traces.set(item.base_id, [toText(item)])
          else texts.push(toText(item))
        }
        const pipeline = client.pipeline()
        for (const [baseId, texts] of traces) pipeline.lpush(`osprofiler_opt:${baseId}`, ...texts)
        await pipeline.exec()
      },
    }
  },
}
