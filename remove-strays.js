// Removes from each dist/ what an earlier build left there: modules whose sources were moved or deleted since. The
// compiler leaves them, and they would be packed.

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = join(dirname(fileURLToPath(import.meta.url)), 'packages')
/** Folders of files that no compiler makes. */
const ASSETS = ['pages', 'fonts']
const COMPILED = /\.(js|d\.ts)(\.map)?$/

for (const name of readdirSync(packages)) {
  const dist = join(packages, name, 'dist')
  const src = join(packages, name, 'src')
  if (!existsSync(dist)) continue
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(dist.length + 1)
    if (entry.isDirectory() || ASSETS.includes(path.split(/[\\/]/)[0]) || path === '.tsbuildinfo') continue
    const source = join(src, path.replace(COMPILED, ''))
    const isOfSource = COMPILED.test(path) && (existsSync(`${source}.ts`) || existsSync(`${source}.tsx`))
    if (!isOfSource) rmSync(join(dist, path))
  }
}
