import { stat } from 'node:fs/promises'

/** The meaning of an argument. `perhaps a file` is a file unless the store has a trace of that id. */
export type ArgumentKind = 'id' | 'file' | 'input' | 'perhaps a file'

/** Option for an argument that may be an id or a file. */
export interface ArgumentOptions {
  /** The argument is an id, whatever the file system holds. */
  readonly id?: boolean
}

/** The path that shells give a command for its standard input. */
const STDIN_PATH = '/dev/stdin'

/**
 * Tells what an argument names. An id may look like a path, and its maker is not trusted. So devices, pipes and
 * directories are never opened for an id, but only after a leading `./`.
 */
export async function classifyArgument(argument: string, { id = false }: ArgumentOptions): Promise<ArgumentKind> {
  if (id) return 'id'
  if (argument === '-') return 'input'
  if (/^\.[/\\]/.test(argument)) return 'file'
  // Unlike `stat`, statSync on a pipe makes Node 20 resolve the links of modules wrongly, and imports fail.
  const stats = await stat(argument).catch(() => undefined)
  const isReadable =
    stats?.isFile() === true || (argument === STDIN_PATH && (stats?.isFIFO() === true || stats?.isSocket() === true))
  return isReadable ? 'perhaps a file' : 'id'
}

/** Returns whether the user may have meant a file. */
export function looksLikeFile(argument: string): boolean {
  return /[/\\]|\.(jsonl?|html?|dot|svg|png)$/.test(argument)
}

/** Says why there is no readable file at a path that looks like one. */
export async function explainUnreadableFile(path: string): Promise<string> {
  const known = await stat(path).catch(() => undefined)
  if (known === undefined) return 'ENOENT, there is no such file'
  const kind = known.isDirectory()
    ? 'a directory'
    : known.isFIFO()
      ? 'a pipe'
      : known.isSocket()
        ? 'a socket'
        : 'a device'
  const advice = known.isDirectory() ? '' : ', which is read only as standard input ("-") or with a leading "./"'
  return `it is ${kind}${advice}`
}
