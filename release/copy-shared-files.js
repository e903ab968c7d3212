// Copies shared files from the root of the repository into the package in the working directory: the files that the
// manifest lists and that the root contains. npm and pnpm run this script before they pack.
//
// The copies are not checked in. They are not removed afterwards, because another process may be packing the same
// folder.

import { copyFileSync, existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { files } = JSON.parse(readFileSync('package.json', 'utf8'))

for (const name of files.filter(file => /^[\w.-]+$/.test(file) && file !== 'src' && existsSync(join(root, file)))) {
  // The file is renamed into place, because a process that packs at the same time must never read an incomplete file.
  const half = `${name}.${process.pid}`
  copyFileSync(join(root, name), half)
  renameSync(half, name)
}
