import { parentPort, workerData } from 'node:worker_threads'
import { String } from '@osprofiler/core/platform'
import { createExitGuard } from '../lifetime/exit-guard.js'
import { isObject } from '../records/record-text.js'
import { createStore, type SqliteStore } from './database/store.js'
import { type SqliteBatch, unpackRows } from './row.js'
import type { SqliteFailure, SqliteMessage, SqliteReply, SqliteRequest } from './thread.js'

// The thread in which SQLite runs: wherever it waits for another process's lock, the program's event loop goes on.

const port = parentPort
let store: SqliteStore | undefined
let batch: SqliteBatch = { rows: [], refused: 0 }

port?.on('message', async (message: SqliteMessage) => {
  if ('packed' in message) return unpackRows(message.packed, batch)
  const { id, request } = message
  const reply: SqliteReply = await answer(request).then(
    value => ({ id, value }),
    (error: unknown) => ({ id, failure: describe(error) }),
  )
  port.postMessage(reply)
  // In Deno, whose port cannot be closed, the other side ends the thread.
  if (request.operation === 'close') port.close?.()
})

port?.postMessage({ id: 0, value: undefined } satisfies SqliteReply)

async function answer(request: SqliteRequest): Promise<unknown> {
  if (request.operation === 'close') return store?.close()
  const { rows, refused } = batch
  if (request.operation === 'write') batch = { rows: [], refused: 0 }
  store ??= createStore(workerData.client, workerData.path, createExitGuard(workerData.signal))
  if (request.operation === 'read') return store.read(request.baseId, request.after)
  if (request.operation === 'list') return store.list(request.selection, request.failed)
  if (request.operation === 'delete') return store.delete(request.baseId)
  if (request.operation === 'prune') return store.prune(request.before)
  if (rows.length > 0) await store.write(rows)
  return refused
}

function describe(error: unknown): SqliteFailure {
  const { message, code, errcode } = isObject(error) ? error : { message: error, code: undefined, errcode: undefined }
  return {
    message: String(message),
    code: typeof code === 'string' ? code : undefined,
    result: typeof errcode === 'number' ? errcode : undefined,
  }
}
