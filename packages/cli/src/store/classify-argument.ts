import { stat } from 'node:fs/promises'

/**
 * The kind of an argument. `input` is standard input. `perhaps a file` is a file, unless the store contains a trace
 * with this id.
 */
export type ArgumentKind = 'id' | 'file' | 'input' | 'perhaps a file'

/** Option for an argument that may be an id or a file. */
export interface ArgumentOptions {
  /** Whether the argument is an id, even if a file has the same name. */
  readonly id?: boolean
}

/** The path that some shells pass to a command for its standard input. */
const STDIN_PATH = '/dev/stdin'

/**
 * Returns what an argument refers to. An id may look like a path and may come from an untrusted source. Therefore
 * devices, pipes and directories are opened only if the argument begins with `./`.
 */
export async function classifyArgument(argument: string, { id = false }: ArgumentOptions): Promise<ArgumentKind> {
  if (id) return 'id'
  if (argument === '-') return 'input'
  if (/^\.[/\\]/.test(argument)) return 'file'
  // Uses `stat`, because after `statSync` on a pipe, Node 20 resolves symbolic links of modules incorrectly, and
  // imports fail.
  const stats = await stat(argument).catch(() => undefined)
  const isReadable =
    stats?.isFile() === true || (argument === STDIN_PATH && (stats?.isFIFO() === true || stats?.isSocket() === true))
  return isReadable ? 'perhaps a file' : 'id'
}

/** Returns whether the user may have meant a file. */
export function looksLikeFile(argument: string): boolean {
  return /[/\\]|\.(jsonl?|html?|dot|svg|png)$/.test(argument)
}

/** Explains why the file at a path cannot be read. */
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
