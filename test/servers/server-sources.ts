import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Returns the folder that contains a server's pom and the class that starts it. Also works from the compiled copy of
 * this module.
 */
export function locateSources(name: string): string {
  const here = fileURLToPath(new URL('.', import.meta.url)).replace(/\/dist\/$/, '/')
  return join(here, name)
}

/** Returns the path and the text of each file in a server's folder. */
export function readSources(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  return files.sort().flatMap(file => [relative(folder, file), readFileSync(file, 'utf8')])
}
