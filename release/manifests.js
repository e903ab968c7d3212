// Writes what all packages share: fields in their manifests and links in their READMEs. Both come from the root's
// package.json. Its `repository.url` is the only place where the project's address must be changed. After such a
// change, this script also updates the files that contain the full address, in the root, in .github/ and in
// MESSAGES_FILE.
//
//   node release/manifests.js           writes the files
//   node release/manifests.js --check   names the files that differ, and fails if there are any

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The order of fields in manifests: a description of the package, then its contents, then its dependencies. */
const FIELD_ORDER = [
  ...['name', 'version', 'description', 'keywords', 'homepage', 'bugs', 'repository', 'license', 'author'],
  ...['type', 'sideEffects', 'engines', 'bin', 'exports', 'files', 'scripts', 'publishConfig'],
  ...['dependencies', 'peerDependencies', 'peerDependenciesMeta', 'devDependencies'],
]
/** Files in the root. Without these entries, `npm pack` in a package's folder would leave them out. */
const SHARED_FILES = ['CHANGELOG.md', 'LICENSE']
const BRANCH = 'main'
/** The source file that contains the project's address for error messages. */
const MESSAGES_FILE = 'packages/drivers/src/opening/documentation.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const { author, engines, license, repository } = readJson(join(root, 'package.json'))
const address = repository.url
const folders = readdirSync(join(root, 'packages')).map(name => `packages/${name}`)
// The former address is read from a package's manifest, because the manifests are written last.
const former = readJson(join(root, 'packages/core/package.json')).repository.url.replace(/^git\+|\.git$/g, '')

const differing = []
for (const file of listTexts('.', false).concat(listTexts('.github', true))) rewriteFile(file, replaceAddress)
rewriteFile(MESSAGES_FILE, replaceAddress)
for (const folder of folders)
  rewriteFile(`${folder}/README.md`, text => makeLinksAbsolute(replaceAddress(text), folder))
for (const folder of folders) rewriteFile(`${folder}/package.json`, text => formatManifest(text, folder))
if (process.argv.includes('--check') && differing.length > 0) {
  console.error(`Run "node release/manifests.js": it changes ${differing.join(', ')}.`)
  process.exitCode = 1
}

function rewriteFile(file, change) {
  const before = readFileSync(join(root, file), 'utf8')
  const after = change(before)
  if (after === before) return
  differing.push(file)
  if (!process.argv.includes('--check')) writeFileSync(join(root, file), after)
}

/** Returns the Markdown and YAML files in a folder of the repository. */
function listTexts(folder, recursive) {
  const names = existsSync(join(root, folder)) ? readdirSync(join(root, folder), { recursive }) : []
  return names.filter(name => /\.(md|ya?ml)$/.test(name)).map(name => join(folder, name))
}

function formatManifest(text, directory) {
  const manifest = JSON.parse(text)
  const fields = {
    ...manifest,
    homepage: `${address}/tree/${BRANCH}/${directory}#readme`,
    bugs: { url: `${address}/issues` },
    repository: { type: 'git', url: `git+${address}.git`, directory },
    license,
    author,
    engines,
    files: [...manifest.files.filter(name => !SHARED_FILES.includes(name)), ...SHARED_FILES],
    scripts: { ...manifest.scripts, prepack: 'node ../../release/copy-shared-files.js' },
    publishConfig: { access: 'public' },
  }
  const names = Object.keys(fields).sort((one, other) => findFieldIndex(one) - findFieldIndex(other))
  return `${JSON.stringify(Object.fromEntries(names.map(name => [name, fields[name]])), null, 2)}\n`
}

function findFieldIndex(name) {
  const place = FIELD_ORDER.indexOf(name)
  return place === -1 ? FIELD_ORDER.length : place
}

function replaceAddress(text) {
  return text.replaceAll(former, address)
}

/** Turns links to files in the repository into full URLs, because npm shows a README outside the repository. */
function makeLinksAbsolute(text, directory) {
  return text.replace(/(?<=\]\()(?!https?:)[^)\s#]+/g, target => {
    return `${address}/blob/${BRANCH}/${posix.join(directory, target)}`
  })
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}
