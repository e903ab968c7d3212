import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OsprofilerError } from '@osprofiler/core'

/** What the name of a trace's file ends with. */
export const EXTENSION = '.jsonl'

/** The directory of a connection string: what follows `file://`, an absolute path, percent-encoded. */
export function toDirectory(location: string): string {
  try {
    const url = new URL(`file://${location}`)
    if (location.startsWith('/') && !/[?#]/.test(location)) {
      const directory = resolve(fileURLToPath(url))
      if (!directory.includes('\0') && directory !== resolve('/')) return directory
    }
  } catch {
    // A malformed string, or an encoded slash: refused below without its text, which may hold a password.
  }
  throw new OsprofilerError(
    'ERR_CONNECTION_STRING',
    'A file store is "file:///absolute/directory", percent-encoded, without host or options.',
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
