import { Error, Object, String } from '@osprofiler/core/toolkit'
/** A path without what looks like a password, in case a connection string for another store ended up in it. */
export function toShownPath(path: string): string {
  return path.replace(/:.*@/s, ':***@')
}

/** A failure of the system at a path, without its message where that may hold a part of what the path must not show. */
export function toShownFailure(path: string, message: string, code: unknown): Error {
  const shown = toShownPath(path) === path ? message : `the system said ${String(code ?? 'no')}`
  return Object.assign(new Error(shown), code === undefined ? {} : { code })
}
