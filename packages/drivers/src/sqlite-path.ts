import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { OsprofilerError } from '@osprofiler/core'

/**
 * The database file of a connection string, absolute: what follows `sqlite://` is empty (the default store), `/` and a
 * path from the working directory, or `/` and an absolute path, percent-encoded. What it says is never quoted, for a
 * string that was meant for another store may hold a password.
 */
export function toSqlitePath(location: string): string {
  if (location === '') return defaultPath()
  const path = decode(location)
  if (path === undefined || !location.startsWith('/') || location.includes('?')) throw malformed()
  const file = path.slice(1)
  if (file === ':memory:') {
    throw new OsprofilerError('ERR_CONNECTION_STRING', 'SQLite in memory cannot be shared. Use "memory://".')
  }
  if (/^$|[/\\]$|\0/.test(file)) throw malformed()
  return resolve(file)
}

function malformed(): OsprofilerError {
  return new OsprofilerError(
    'ERR_CONNECTION_STRING',
    'An SQLite store is "sqlite://" (the default), "sqlite:///relative/path.db" or "sqlite:////absolute/path.db", percent-encoded, without host or options.',
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
  // The XDG specification has relative paths ignored.
  const stateHome = configured !== undefined && isAbsolute(configured) ? configured : join(homedir(), '.local', 'state')
  return join(stateHome, 'osprofiler', 'traces.db')
}
