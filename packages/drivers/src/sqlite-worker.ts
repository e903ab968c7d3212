import { parentPort, workerData } from 'node:worker_threads'
import { isObject } from './record-text.js'
import { createStore, type SqliteStore } from './sqlite-store.js'
import type { SqliteFailure, SqliteReply, SqliteRequest } from './sqlite-thread.js'

// The thread in which SQLite runs: wherever it waits for another process's lock, the program's event loop goes on.

const port = parentPort
let store: SqliteStore | undefined

port?.on('message', async ({ id, request }: { id: number; request: SqliteRequest }) => {
  const reply: SqliteReply = await answer(request).then(
    value => ({ id, value }),
    (error: unknown) => ({ id, failure: describe(error) }),
  )
  port.postMessage(reply)
  if (request.operation === 'close') port.close()
})

async function answer(request: SqliteRequest): Promise<unknown> {
  if (request.operation === 'close') return store?.close()
  store ??= createStore(workerData.client, workerData.path)
  if (request.operation === 'write') return store.write(request.packed)
  if (request.operation === 'read') return store.read(request.baseId, request.after)
  return store.list(request.selection, request.failed)
}

function describe(error: unknown): SqliteFailure {
  const { message, code, errcode } = isObject(error) ? error : { message: error, code: undefined, errcode: undefined }
  return {
    message: String(message),
    code: typeof code === 'string' ? code : undefined,
    result: typeof errcode === 'number' ? errcode : undefined,
  }
}
