import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Creates a directory and its missing parents. Only the owner can access the new directories. Existing directories do
 * not change. Node's option `recursive` is not used. If `mkdir` fails with ENOENT although the parent exists, as in
 * procfs, Node would loop forever in a thread that not even `process.exit()` ends.
 */
export async function makeDirectory(path: string): Promise<void> {
  const failure = await tryMakeDirectory(path)
  if (failure === undefined) return
  const parent = dirname(path)
  // If the parent exists and the system still reports ENOENT, a retry cannot help.
  if (failure.code !== 'ENOENT' || parent === path || (await isDirectory(parent))) throw failure
  await makeDirectory(parent)
  const again = await tryMakeDirectory(path)
  if (again !== undefined) throw again
}

/**
 * Tries to create a directory. Returns the error if the directory does not exist afterward, and otherwise undefined.
 */
async function tryMakeDirectory(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path, { mode: 0o700 })
    return undefined
  } catch (error) {
    return (await isDirectory(path)) ? undefined : (error as NodeJS.ErrnoException)
  }
}

async function isDirectory(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats?.isDirectory() === true
}
