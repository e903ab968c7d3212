import { isObject } from '../../records/record-text.js'

export const SQLITE_BUSY = 5
export const SQLITE_LOCKED = 6
export const SQLITE_READONLY = 8
export const SQLITE_CANTOPEN = 14
export const SQLITE_PROTOCOL = 15

/** Returns SQLite's result code without its extension. */
export function primaryCode(error: unknown): number | undefined {
  const code: unknown = isObject(error) ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}
