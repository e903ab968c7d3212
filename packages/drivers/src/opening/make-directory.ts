import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a directory for its owner alone, and those above it that are missing. What is there stays as it is.
 *
 * Not by Node's `recursive`: where `mkdir` says ENOENT of a parent that exists, as in procfs, that never returns, and not
 * even `process.exit()` ends its thread.
 */
export async function makeDirectory(path: string): Promise<void> {
  const failure = await tryToMake(path)
  if (failure === undefined) return
  const parent = dirname(path)
  // A parent that is there, and of which the system says that it is not, is never made by trying again.
  if (failure.code !== 'ENOENT' || parent === path || (await isDirectory(parent))) throw failure
  await makeDirectory(parent)
  const again = await tryToMake(path)
  if (again !== undefined) throw again
}

/** Why there is no directory at a path now, or undefined. */
async function tryToMake(path: string): Promise<NodeJS.ErrnoException | undefined> {
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
