import { stat } from 'node:fs/promises'

/**
 * What an argument names: a trace in the store, a file, standard input, or perhaps a file, if the store has no trace of
 * that id.
 */
export type ArgumentKind = 'id' | 'file' | 'input' | 'perhaps a file'

/** How an argument is to be taken. */
export interface ArgumentOptions {
  /** The argument is an id, whatever the file system holds. */
  readonly id?: boolean
}

/** What shells hand a command for its standard input. */
const INPUT = '/dev/stdin'

/**
 * Tells what an argument names. An id may look like a path, and its maker is not trusted: devices, pipes and directories
 * are never opened for an id, but only behind a leading `./`.
 */
export async function classifyArgument(argument: string, { id = false }: ArgumentOptions): Promise<ArgumentKind> {
  if (id) return 'id'
  if (argument === '-') return 'input'
  if (/^\.[/\\]/.test(argument)) return 'file'
  // Not statSync: after it has looked at a pipe, Node 20 resolves the links of modules wrongly, and imports fail.
  const known = await stat(argument).catch(() => undefined)
  const isReadable =
    known?.isFile() === true || (argument === INPUT && (known?.isFIFO() === true || known?.isSocket() === true))
  return isReadable ? 'perhaps a file' : 'id'
}

/** Whether whoever wrote an argument may have meant a file. */
export function looksLikeFile(argument: string): boolean {
  return /[/\\]|\.(jsonl?|html?|dot|svg|png)$/.test(argument)
}

/** Why there is no file to be read at a path that looks like one. */
export async function explainNoFile(path: string): Promise<string> {
  const known = await stat(path).catch(() => undefined)
  if (known === undefined) return 'ENOENT, there is no such file'
  const kind = known.isDirectory()
    ? 'a directory'
    : known.isFIFO()
      ? 'a pipe'
      : known.isSocket()
        ? 'a socket'
        : 'a device'
  const advice = known.isDirectory() ? '' : ', which is read only from standard input, as "-", or behind a leading "./"'
  return `it is ${kind}${advice}`
}
