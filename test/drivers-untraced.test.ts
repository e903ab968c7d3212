import { describe, expect, it } from 'vitest'
import { openMongodbStore } from '../packages/drivers/test/mongodb-store.js'
import { openSearchStore } from '../packages/drivers/test/search-store.js'
import { recordsOfDriver } from './use-driver.js'

describe('a driver that is used within a trace, through an instrumented client, leaves nothing in it', () => {
  it.each([
    ['mongodb', openMongodbStore],
    ['elasticsearch', () => openSearchStore('elasticsearch')],
    ['opensearch', () => openSearchStore('opensearch')],
  ] as const)('%s', async (_name, open) => {
    const { url, clear } = await open()
    await clear()

    const { written, recorded } = await recordsOfDriver(url)

    expect(written).toBe(4)
    expect(recorded).toEqual([])
  })
})
