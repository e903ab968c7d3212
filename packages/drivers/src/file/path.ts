import { createHash } from 'node:crypto'
import { join, parse, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OsprofilerError } from '@osprofiler/core'
import { JSON, URL } from '@osprofiler/core/toolkit'
import { readTtl } from '../opening/url-options.js'

/** What the name of a trace's file ends with. */
export const EXTENSION = '.jsonl'

/** What a connection string of a file store says. */
export interface FileLocation {
  /** Absolute. */
  readonly directory: string
  /** How long traces are kept, in ms. */
  readonly ttl: number | undefined
}

/** Reads what follows `file://`: an absolute path, percent-encoded, and perhaps `?ttl=7d`. */
export function readFileLocation(location: string): FileLocation {
  const [, path = '', ttl] = /^([^?#]*)(?:\?ttl=([^&#]*))?$/.exec(location) ?? malformed()
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
    // A malformed string, or an encoded slash: refused below without its text, which may hold a password.
  }
  return malformed()
}

function malformed(): never {
  throw new OsprofilerError(
    'ERR_CONNECTION_STRING',
    'A file store is "file:///absolute/directory", percent-encoded, without a host; the only option is "?ttl=7d".',
  )
}

/**
 * The file of a trace. A UUID in lower case, which is what tracers make, is the name as it stands. Any other id came
 * from a stranger and may be a path, too long, reserved, or equal to another on a file system that ignores case:
 * its hash is the name, over its JSON, which tells apart even halves of surrogate pairs.
 */
export function toTraceFile(directory: string, baseId: string): string {
  const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(baseId)
  const name = isUuid ? baseId : `sha256-${createHash('sha256').update(JSON.stringify(baseId)).digest('hex')}`
  return join(directory, `${name}${EXTENSION}`)
}
