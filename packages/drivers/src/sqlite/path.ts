import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { OsprofilerError } from '@osprofiler/core'
import { decodeURIComponent, process } from '@osprofiler/core/toolkit'
import { readTtl } from '../opening/url-options.js'

/** Settings of an SQLite store, as read from its connection string. */
export interface SqliteLocation {
  /** Absolute path of the database file. */
  readonly path: string
  /** How long to keep traces, in milliseconds. */
  readonly ttl: number | undefined
}

/**
 * Reads a path with an optional `?ttl=7d`. Error messages do not quote the path, because the user may have written the
 * connection string of another store, with a password.
 */
export function readSqliteLocation(location: string): SqliteLocation {
  const [, path = '', ttl] = /^([^?]*)(?:\?ttl=([^&]*))?$/.exec(location) ?? throwMalformed()
  return { path: toSqlitePath(path), ttl: readTtl(ttl) }
}

/**
 * Converts the part of a connection string after `sqlite://` to a file path. This part is a slash, followed by a path
 * that is absolute or relative to the working directory. An empty string means the default store.
 */
function toSqlitePath(location: string): string {
  if (location === '') return defaultPath()
  const path = decode(location)
  if (path === undefined || !location.startsWith('/')) throwMalformed()
  const file = path.slice(1)
  if (file === ':memory:') {
    throw new OsprofilerError('ERR_CONNECTION_STRING', 'SQLite in memory cannot be shared. Use "memory://".')
  }
  if (/^$|[/\\]$|\0/.test(file)) throwMalformed()
  return toAbsolute(file)
}

function throwMalformed(): never {
  throw new OsprofilerError(
    'ERR_CONNECTION_STRING',
    'An SQLite store needs the connection string "sqlite://" (the default), "sqlite:///relative/path.db" or "sqlite:////absolute/path.db", percent-encoded and without a host. The only option is "?ttl=7d".',
  )
}

function decode(location: string): string | undefined {
  try {
    return decodeURIComponent(location)
  } catch {
    return undefined
  }
}

function defaultPath(): string {
  const configured = process.env.XDG_STATE_HOME
  // The XDG specification requires that a relative path in the variable be ignored.
  const stateHome =
    configured !== undefined && isAbsolute(configured) ? configured : join(findHome(), '.local', 'state')
  return join(stateHome, 'osprofiler', 'traces.db')
}

function findHome(): string {
  let home = ''
  let cause: unknown
  try {
    home = homedir()
  } catch (error) {
    // `homedir()` throws if the system does not know the user id of the process.
    cause = error
  }
  if (isAbsolute(home)) return home
  throw new OsprofilerError(
    'ERR_CONFIGURATION',
    'The embedded store has no default location, because this user has no home directory. Set XDG_STATE_HOME to an absolute path, or name a store, such as "sqlite:////var/lib/app/traces.db".',
    { cause },
  )
}

/** Makes a path absolute. Throws if the path is relative and the working directory no longer exists. */
function toAbsolute(file: string): string {
  try {
    return resolve(file)
  } catch (cause) {
    throw new OsprofilerError(
      'ERR_CONFIGURATION',
      'The path of the SQLite store is relative, and the working directory does not exist. Write an absolute path.',
      { cause },
    )
  }
}
