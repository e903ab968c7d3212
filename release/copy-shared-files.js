// Copies the files that all packages share from the root into the package in the working folder: of those that its
// manifest lists, the ones that stand in the root. npm and pnpm run this before they pack.
//
// The copies are not checked in, and stay where they are: another pack of the same folder may be reading them.

import { copyFileSync, existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { files } = JSON.parse(readFileSync('package.json', 'utf8'))

for (const name of files.filter(file => /^[\w.-]+$/.test(file) && file !== 'src' && existsSync(join(root, file)))) {
  // A rename, since a pack that runs at the same time must never meet half a file.
  const half = `${name}.${process.pid}`
  copyFileSync(join(root, name), half)
  renameSync(half, name)
}
