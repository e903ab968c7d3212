import { isObject } from '../../records/record-text.js'

/** Result code: another connection, possibly in another process, has locked the database. */
export const SQLITE_BUSY = 5
/** Result code: a statement on the same connection or on a shared cache has locked the table. */
export const SQLITE_LOCKED = 6
/** Result code: SQLite cannot write. A read may also fail with this code, because SQLite writes an index of the log. */
export const SQLITE_READONLY = 8
/** Result code: the database, or a file next to it, is missing or cannot be opened. */
export const SQLITE_CANTOPEN = 14
/** Result code: a lock on the log failed. A read that cannot use the log also fails with this code. */
export const SQLITE_PROTOCOL = 15

/** Returns the primary result code of an SQLite error, without the bits of the extended code. */
export function toPrimaryCode(error: unknown): number | undefined {
  const code: unknown = isObject(error) ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}
