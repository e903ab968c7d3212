import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Returns the folder of a server's own files: a pom, and a class that starts the server. Also works from the compiled
 * copy of this module.
 */
export function locateSources(name: string): string {
  const here = fileURLToPath(new URL('.', import.meta.url)).replace(/\/dist\/$/, '/')
  return join(here, name)
}

/** Returns the path and the text of each file in such a folder. */
export function readSources(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  return files.sort().flatMap(file => [relative(folder, file), readFileSync(file, 'utf8')])
}
