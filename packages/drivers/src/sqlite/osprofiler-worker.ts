import { parentPort, workerData } from 'node:worker_threads'
import { Reflect, String } from '@osprofiler/core/platform'
import { createExitGuard } from '../lifetime/exit-guard.js'
import { isObject } from '../records/record-text.js'
import { createStore } from './database/store.js'
import { type SqliteBatch, unpackRows } from './row.js'
import type { SqliteCalls, SqliteFailure, SqliteMessage, SqliteReply, SqliteRequest } from './thread.js'

// SQLite runs in this thread, so that waiting for another process's lock does not block the application's event loop.

const port = parentPort
const { client, path, signal } = workerData
const store = createStore(client, path, createExitGuard(signal))
let batch: SqliteBatch = { rows: [], refused: 0 }

const calls: SqliteCalls = {
  ...store,
  async write() {
    const { rows, refused } = batch
    batch = { rows: [], refused: 0 }
    if (rows.length > 0) await store.write(rows)
    return refused
  },
}

port?.on('message', async (message: SqliteMessage) => {
  if ('packed' in message) return unpackRows(message.packed, batch)
  const { id, request } = message
  const reply: SqliteReply = await answer(request).then(
    value => ({ id, value }),
    (error: unknown) => ({ id, failure: describe(error) }),
  )
  port.postMessage(reply)
  // In Deno, the port cannot be closed here. The driver ends the thread instead.
  if (request.operation === 'close') port.close?.()
})

port?.postMessage({ id: 0, value: undefined } satisfies SqliteReply)

async function answer({ operation, args }: SqliteRequest): Promise<unknown> {
  return await Reflect.apply(calls[operation], calls, args)
}

function describe(error: unknown): SqliteFailure {
  const { message, code, errcode } = isObject(error) ? error : { message: error, code: undefined, errcode: undefined }
  return {
    message: String(message),
    code: typeof code === 'string' ? code : undefined,
    result: typeof errcode === 'number' ? errcode : undefined,
  }
}
