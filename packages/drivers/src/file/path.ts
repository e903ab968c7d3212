import { createHash } from 'node:crypto'
import { join, parse, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OsprofilerError } from '@osprofiler/core'
import { JSON, URL } from '@osprofiler/core/toolkit'
import { readTtl } from '../opening/url-options.js'

/** File name extension of a trace's file. The driver ignores all other files in the directory. */
export const EXTENSION = '.jsonl'

/** Settings of a file store, as read from its connection string. */
export interface FileLocation {
  readonly directory: string
  /** How long to keep traces, in milliseconds. */
  readonly ttl: number | undefined
}

/**
 * Reads the part of a connection string after `file://`: an absolute, percent-encoded path and an optional `?ttl=7d`.
 * Throws `ERR_CONNECTION_STRING` if this part is invalid.
 */
export function readFileLocation(location: string): FileLocation {
  const [, path = '', ttl] = /^([^?#]*)(?:\?ttl=([^&#]*))?$/.exec(location) ?? throwMalformed()
  return { directory: toDirectory(path), ttl: readTtl(ttl) }
}

function toDirectory(path: string): string {
  try {
    const url = new URL(`file://${path}`)
    if (path.startsWith('/')) {
      const directory = resolve(fileURLToPath(url))
      if (!directory.includes('\0') && directory !== parse(directory).root) return directory
    }
  } catch {
    // The code below rejects a malformed URL or an encoded slash. The error message omits the URL, which may contain a
    // password.
  }
  return throwMalformed()
}

function throwMalformed(): never {
  throw new OsprofilerError(
    'ERR_CONNECTION_STRING',
    'A file store needs a connection string such as "file:///absolute/directory", percent-encoded and without a host. The only option is "?ttl=7d".',
  )
}

/**
 * Returns the path of a trace's file. If the trace's id is a lowercase UUID, as tracers generate it, the UUID becomes
 * the file name. Any other id is hashed, because it may contain a path, be too long or be a reserved name. Two ids may
 * also differ only in case, which some file systems ignore. The hash is computed from the id as JSON, because UTF-8
 * would encode all lone surrogates as the same bytes.
 */
export function toTracePath(directory: string, baseId: string): string {
  const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(baseId)
  const name = isUuid ? baseId : `sha256-${createHash('sha256').update(JSON.stringify(baseId)).digest('hex')}`
  return join(directory, `${name}${EXTENSION}`)
}
