import { describe, expect, it } from 'vitest'
import { openMongodbStore } from '../packages/drivers/test/mongodb-store.js'
import { startSearch } from '../packages/drivers/test/stand-ins/search.js'
import { recordDriverUse } from './use-driver.js'

describe('a driver whose client is instrumented', () => {
  it.each([
    ['mongodb', openMongodbStore],
    ['elasticsearch', () => startSearchStore('elasticsearch')],
    ['opensearch', () => startSearchStore('opensearch')],
  ] as const)('creates no points when used within a trace: %s', async (_name, open) => {
    const { url, clear } = await open()
    await clear()

    const { written, recorded } = await recordDriverUse(url)

    expect(written).toBe(4)
    expect(recorded).toEqual([])
  })
})

async function startSearchStore(product: 'elasticsearch' | 'opensearch') {
  const { host, port } = await startSearch({ product })
  return { url: `${product}://${host}:${port}`, clear: async () => undefined }
}
