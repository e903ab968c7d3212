import { isObject } from '../../records/record-text.js'

/** Result code: another connection, perhaps in another process, has locked the database. */
export const SQLITE_BUSY = 5
/** Result code: a statement on the same connection or on a shared cache has locked the table. */
export const SQLITE_LOCKED = 6
/** Result code: SQLite cannot write. A read can fail with this code, too, because SQLite writes an index of the log. */
export const SQLITE_READONLY = 8
/** Result code: the database, or a file next to it, is missing or cannot be opened. */
export const SQLITE_CANTOPEN = 14
/** Result code: a lock on the log failed. SQLite also reports this code to a reader that cannot use the log. */
export const SQLITE_PROTOCOL = 15

/** Returns SQLite's result code without its extension. */
export function toPrimaryCode(error: unknown): number | undefined {
  const code: unknown = isObject(error) ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}
