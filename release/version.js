// Sets the next version of all packages, and moves the text of the changesets into CHANGELOG.md: `pnpm run
// version-packages`.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addVersion, parseChangeset } from './changelog.js'
import { readCommonVersion, root } from './packages.js'

const folder = join(root, '.changeset')
const file = join(root, 'CHANGELOG.md')

if (existsSync(join(folder, 'pre.json'))) fail('A prerelease is not supported. Run "changeset pre exit" first.')
// The text is read here, because `changeset version` removes the files.
const changesets = readdirSync(folder)
  .filter(name => name.endsWith('.md') && name !== 'README.md')
  .sort()
  .map(name => parseChangeset(readFileSync(join(folder, name), 'utf8')))
if (changesets.length === 0) fail('There is no changeset. "npx -y pnpm@12 changeset" adds one.')

const before = readCommonVersion()
const { status } = spawnSync(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], {
  cwd: root,
  stdio: 'inherit',
})
if (status !== 0) fail(`"changeset version" ended with ${status}.`)
const version = readCommonVersion()
if (version !== before) writeFileSync(file, addVersion(readFileSync(file, 'utf8'), version, changesets))
console.log(version === before ? `The version stays ${before}.` : `${before} -> ${version}`)

function fail(message) {
  console.error(message)
  process.exit(1)
}
