import { Error, Object, String, shorten } from '@osprofiler/core/toolkit'

const MAX_SHOWN_CHARACTERS = 300

/** Shortens a path, and hides a password in case another store's connection string ended up in the path. */
export function showPath(path: string): string {
  return shorten(path.replace(/:.*@/s, ':***@'), MAX_SHOWN_CHARACTERS)
}

/** Creates an error for a path. Omits the system's message if the message may contain a hidden part of the path. */
export function showPathFailure(path: string, message: string, code: unknown): Error {
  const shown = showPath(path) === path ? message : `the system said ${String(code ?? 'no')}`
  return Object.assign(new Error(shown), code === undefined ? {} : { code })
}
