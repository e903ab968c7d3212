import { OsprofilerError } from '@osprofiler/core'
import { Error, Number, Object, Set, String } from '@osprofiler/core/toolkit'
import { isObject } from '../records/record-text.js'

/**
 * Codes of MongoDB with which a write may succeed when it is made again: a primary that steps down, a server that
 * shuts down, a network between servers, a conflict, a time that ran out, a disk that is full.
 */
const TRANSIENT = new Set([
  6, 7, 24, 50, 64, 79, 89, 91, 100, 112, 133, 134, 150, 189, 202, 234, 262, 317, 384, 9001, 10058, 10107, 11600, 11602,
  13388, 13435, 13436, 14031, 63,
])
const DUPLICATE_KEY = 11_000

/**
 * How many documents of a batch will never be kept, from what the client rejected with. A document whose `_id` is
 * there already was written by an earlier try. Throws on what may be tried again.
 */
export function countRefused(error: unknown): number {
  const writeErrors = readWriteErrors(error)
  if (writeErrors.length === 0) throw error
  const refused = writeErrors.filter(failure => !isThereAlready(failure))
  if (refused.some(({ code }) => isTransient(code))) throw error
  return refused.length
}

/** Whether what a server refuses with this code it may do when it is asked again. */
export function isTransient(code: unknown): boolean {
  return TRANSIENT.has(Number(code))
}

/**
 * An error for those who use the driver. What it says is what the server or the system said, and of servers that cannot
 * be reached, `unreachable`.
 */
export function toMongodbError(location: string, error: unknown, unreachable?: string): unknown {
  const { name, message, code } = isObject(error) ? error : { name: '', message: '', code: undefined }
  const reason = (isUnreachable(name) ? unreachable : undefined) ?? describeReason(String(name), message)
  const cause = Object.assign(new Error(reason), code === undefined ? {} : { code })
  if (isRefusal(name)) {
    return new OsprofilerError('ERR_WRITE_REFUSED', `MongoDB's client cannot send this: ${reason}.`, { cause })
  }
  return new OsprofilerError('ERR_STORE', `The store "${location}" in MongoDB cannot be used: ${reason}.`, { cause })
}

/** The client, or whoever waits for the client, has given up to find a server. */
function isUnreachable(name: unknown): boolean {
  return name === 'NoAnswer' || name === 'MongoServerSelectionError' || name === 'MongoTopologyClosedError'
}

/** The client's own complaints may quote the connection string. */
function describeReason(name: string, message: unknown): string {
  return /^(?:NoAnswer|Mongo(?:Network|ServerSelection|Server|BulkWrite|WriteConcern))/.test(name)
    ? firstLine(message)
    : `its client says ${name || 'nothing'}`
}

/** What the client finds wrong with a document, it finds wrong with it for ever. */
function isRefusal(name: unknown): boolean {
  return name === 'BSONError' || name === 'BSONVersionError' || name === 'MongoInvalidArgumentError'
}

/** The server names the index whose key is there twice; `_id` alone is ours. */
export function isThereAlready({ code, errmsg }: { readonly code?: unknown; readonly errmsg?: unknown }): boolean {
  return code === DUPLICATE_KEY && /index: _id_\b/.test(String(errmsg))
}

export function readWriteErrors(
  error: unknown,
): { readonly code?: unknown; readonly errmsg?: unknown; readonly index?: unknown }[] {
  if (!isObject(error) || error.name !== 'MongoBulkWriteError') return []
  const { writeErrors } = error
  return [writeErrors].flat().filter(isObject)
}

function firstLine(message: unknown): string {
  return String(message).split('\n', 1)[0]?.slice(0, 300) ?? ''
}
