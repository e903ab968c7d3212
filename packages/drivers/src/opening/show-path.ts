import { Error, Object, String, shorten } from '@osprofiler/core/toolkit'

const MAX_CHARACTERS = 300

/** A path that is not too long, without what looks like a password, in case a connection string for another store ended up in it. */
export function showPath(path: string): string {
  return shorten(path.replace(/:.*@/s, ':***@'), MAX_CHARACTERS)
}

/** A failure of the system at a path, without its message where that may hold a part of what the path must not show. */
export function showPathFailure(path: string, message: string, code: unknown): Error {
  const shown = showPath(path) === path ? message : `the system said ${String(code ?? 'no')}`
  return Object.assign(new Error(shown), code === undefined ? {} : { code })
}
