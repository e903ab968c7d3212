import { beforeAll } from 'vitest'
import { describeDriver } from './driver-contract.js'
import { openSearchStore } from './search-store.js'

let store: Awaited<ReturnType<typeof openSearchStore>>

beforeAll(async () => {
  store = await openSearchStore('elasticsearch')
})

describeDriver('elasticsearch', async () => {
  await store.clear()
  return store.url
})
