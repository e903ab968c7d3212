import { beforeAll } from 'vitest'
import { describeDriver } from './driver-contract.js'
import { openMongodbStore } from './mongodb-store.js'

let store: Awaited<ReturnType<typeof openMongodbStore>>

beforeAll(async () => {
  store = await openMongodbStore()
})

describeDriver('mongodb', async () => {
  await store.clear()
  return store.url
})
