import { OsprofilerError } from '@osprofiler/core'
import { Error, Number, Object, Set, String } from '@osprofiler/core/toolkit'
import { isObject } from '../records/record-text.js'

/**
 * Codes of failures that may be temporary. Examples are a primary that steps down, a server that shuts down, a network
 * error, a conflict, a timeout, and a full disk.
 */
const TRANSIENT_CODES = new Set([
  6, 7, 24, 50, 64, 79, 89, 91, 100, 112, 133, 134, 150, 189, 202, 234, 262, 317, 384, 9001, 10058, 10107, 11600, 11602,
  13388, 13435, 13436, 14031, 63,
])
const DUPLICATE_KEY_CODE = 11_000

/**
 * Returns the number of documents that the server will never accept. A document whose `_id` already exists does not
 * count. Throws the error if a retry may succeed.
 */
export function countRefused(error: unknown): number {
  const writeErrors = readWriteErrors(error)
  if (writeErrors.length === 0) throw error
  const refused = writeErrors.filter(failure => !isDuplicateId(failure))
  if (refused.some(({ code }) => isTransient(code))) throw error
  return refused.length
}

/** Returns whether a retry may succeed after a failure with this code. */
export function isTransient(code: unknown): boolean {
  return TRANSIENT_CODES.has(Number(code))
}

/** Converts a failure to an error for users. `unreachable` describes why no server can be used. */
export function toMongodbError(location: string, error: unknown, unreachable?: string): unknown {
  const { name, message, code } = isObject(error) ? error : { name: '', message: '', code: undefined }
  const reason = (isUnreachable(name) ? unreachable : undefined) ?? describeReason(String(name), message)
  const cause = Object.assign(new Error(reason), code === undefined ? {} : { code })
  if (isClientRefusal(name)) {
    return new OsprofilerError('ERR_WRITE_REFUSED', `MongoDB's client cannot send this: ${reason}.`, { cause })
  }
  return new OsprofilerError('ERR_STORE', `The store "${location}" in MongoDB cannot be used: ${reason}.`, { cause })
}

/** Returns whether an error with this name means that no server was found in time. */
function isUnreachable(name: unknown): boolean {
  return name === 'NoAnswer' || name === 'MongoServerSelectionError' || name === 'MongoTopologyClosedError'
}

/**
 * Returns the reason for a failure. Omits messages that the client itself creates, because they may quote the
 * connection string.
 */
function describeReason(name: string, message: unknown): string {
  return /^(?:NoAnswer|Mongo(?:Network|ServerSelection|Server|BulkWrite|WriteConcern))/.test(name)
    ? firstLine(message)
    : `its client reports ${name || 'no reason'}`
}

/** Returns whether an error with this name means that the client will never accept the document. */
function isClientRefusal(name: unknown): boolean {
  return name === 'BSONError' || name === 'BSONVersionError' || name === 'MongoInvalidArgumentError'
}

/**
 * Returns whether the error means that an earlier try has already written the document. This is the case if the error
 * message names the index of `_id`, because this driver itself creates the `_id` of each document.
 */
export function isDuplicateId({ code, errmsg }: { readonly code?: unknown; readonly errmsg?: unknown }): boolean {
  return code === DUPLICATE_KEY_CODE && /index: _id_\b/.test(String(errmsg))
}

/** Returns the errors of single documents in a failed bulk write, or an empty list for any other error. */
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
