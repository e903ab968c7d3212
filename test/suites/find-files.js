import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Returns the sorted relative paths of the files below a folder that match `pattern`. */
export function findFiles(folder, pattern, below = '') {
  const found = readdirSync(join(folder, below), { withFileTypes: true, recursive: false }).flatMap(entry => {
    const path = join(folder, below, entry.name)
    if (entry.isDirectory())
      return entry.name === 'node_modules' ? [] : findFiles(folder, pattern, relative(folder, path))
    return pattern.test(relative(folder, path)) ? [relative(folder, path)] : []
  })
  return found.sort()
}
