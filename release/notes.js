// Prints the CHANGELOG.md section about the packages' current version, which becomes the text of a GitHub release.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readVersion } from './changelog.js'
import { readCommonVersion, root } from './packages.js'

const version = readCommonVersion()
const notes = readVersion(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version)
if (notes === undefined) throw new Error(`CHANGELOG.md has no version ${version}.`)
console.log(notes)
