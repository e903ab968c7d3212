import { Error, Object, String, shorten } from '@osprofiler/core/toolkit'

const MAX_SHOWN_CHARACTERS = 300

/**
 * Shortens a path for a message. Hides a password, because the user may have written another store's connection string
 * instead of a path.
 */
export function showPath(path: string): string {
  return shorten(path.replace(/:.*@/s, ':***@'), MAX_SHOWN_CHARACTERS)
}

/**
 * Creates an error for a path. If `showPath` hides a part of the path, the error omits the message of the system,
 * because this message may contain the hidden part.
 */
export function showPathFailure(path: string, message: string, code: unknown): Error {
  const shown = showPath(path) === path ? message : `the system reported ${String(code ?? 'no code')}`
  return Object.assign(new Error(shown), code === undefined ? {} : { code })
}
