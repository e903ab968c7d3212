// Creates the packages' published files, after `tsc -b`. The compiler writes each module to build/ and its declarations
// to dist/. This script joins each package's modules into the few files of its dist/, because Node takes about a
// millisecond to load a file. Then it builds the viewer's pages, and copies the font for the command's pictures.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const packages = fileURLToPath(new URL('packages', import.meta.url))
/** Folders in dist/ that are not created from modules. */
const ASSET_FOLDERS = ['pages', 'fonts']

for (const name of readdirSync(packages)) await bundle(join(packages, name))
await import('./packages/viewer/build-page.js')
await import('./packages/cli/copy-font.js')

/**
 * Joins the modules that each entry point of a package needs. Modules that several entry points need are written to
 * separate files.
 */
async function bundle(folder) {
  removeStaleFiles(join(folder, 'build'), path => hasSource(folder, path))
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: listEntries(folder),
    outbase: 'build',
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    sourcemap: true,
    sourcesContent: false,
    charset: 'utf8',
    write: false,
    logLevel: 'warning',
  })
  for (const { path, contents } of outputFiles) writeIfChanged(path, contents)
  const writtenPaths = outputFiles.map(({ path }) => path)
  const dist = join(folder, 'dist')
  removeStaleFiles(dist, path =>
    /\.d\.ts(\.map)?$/.test(path) ? hasSource(folder, path) : writtenPaths.includes(join(dist, path)) || isAsset(path),
  )
}

/** Returns the modules in build/ that the manifest names as files in dist/. */
function listEntries(folder) {
  const { exports, bin = {}, sideEffects } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const named = JSON.stringify([exports, bin, sideEffects]).match(/(?<="(?:\.\/)?dist\/)[^"]+\.js(?=")/g) ?? []
  return [...new Set(named)].map(path => `build/${path}`)
}

/**
 * Replaces a file atomically, so that a process that reads the file at the same time gets either the old or the new
 * contents, but never a part of them.
 */
function writeIfChanged(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return
  mkdirSync(dirname(path), { recursive: true })
  const temporaryPath = `${path}.${process.pid}`
  writeFileSync(temporaryPath, contents)
  renameSync(temporaryPath, path)
}

/**
 * Removes files of modules whose source was moved or deleted, because the compiler does not remove these files.
 */
function removeStaleFiles(folder, isWanted) {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1)
    if (!entry.isDirectory() && path !== '.tsbuildinfo' && !isWanted(path)) rmSync(join(folder, path))
  }
}

function hasSource(folder, path) {
  const source = join(folder, 'src', path.replace(/\.(js|d\.ts)(\.map)?$/, ''))
  return existsSync(`${source}.ts`) || existsSync(`${source}.tsx`)
}

function isAsset(path) {
  return ASSET_FOLDERS.includes(path.split(/[\\/]/)[0])
}
