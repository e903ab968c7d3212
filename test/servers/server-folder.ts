import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Owner } from './find-owner.js'

const folders = new Set<string>()
process.once('exit', () => {
  for (const folder of folders) removeServerFolder(folder)
})

/** A new folder for a server's data, gone when this process ends. Belongs to `owner` where one is given. */
export function makeServerFolder(name: string, owner?: Owner): string {
  const folder = mkdtempSync(join(tmpdir(), `osprofiler-${name}-`))
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
  folders.add(folder)
  return folder
}

/** Removes such a folder before that; tries again at the end where a process of a killed server still writes into it. */
export function removeServerFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    folders.delete(folder)
  } catch {
    // A folder that is left over is no failure of a test.
  }
}
