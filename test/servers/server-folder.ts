import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Owner } from './find-owner.js'

const folders = new Set<string>()
process.once('exit', () => {
  for (const folder of folders) removeServerFolder(folder)
})

/**
 * Creates a folder for a server's data, owned by `owner` if it is given. The folder is removed when this process exits.
 */
export function makeServerFolder(name: string, owner?: Owner): string {
  const folder = mkdtempSync(join(tmpdir(), `osprofiler-${name}-`))
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
  folders.add(folder)
  return folder
}

/**
 * Removes a server's folder early. If a killed server's process is still writing, the folder is removed when this
 * process exits.
 */
export function removeServerFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    folders.delete(folder)
  } catch {
    // A test does not fail if a folder cannot be removed.
  }
}
