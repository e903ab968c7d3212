import { existsSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mainFile } from '../options/main-file.js'
import { JSON, process, String } from '../platform/platform.js'
import { readRegularFile } from '../platform/read-regular-file.js'
import { remember } from '../platform/remember.js'
import { readStack } from './read-stack.js'

const LIBRARY = /[\\/]node_modules[\\/]/
/** Matches the path or URL of a file. Node's own modules, evaluated code and WebAssembly have neither. */
const FILE = /^(?:file:|[\\/]|[a-z]:[\\/])/i
const MAX_MANIFEST_BYTES = 1024 * 1024
const MAX_FILES = 1_000
const MAX_PATH_CHARS = 1_000

const OWN_PACKAGE = /[\\/]node_modules[\\/]@osprofiler[\\/]/

const ownFile = readStack(1)[0]?.file ?? ''
let ownPackages: { readonly folder: string | undefined } | undefined

/**
 * Returns the folder of this project's packages, or `undefined` if a bundler has copied this project into another file.
 */
function getOwnPackages(): string | undefined {
  ownPackages ??= { folder: findOwnPackages() }
  return ownPackages.folder
}

function findOwnPackages(): string | undefined {
  const [, folder] = /^(.*[\\/])core[\\/](?:dist|build)[\\/]/.exec(toPath(ownFile)) ?? []
  // The program may have folders of its own with the names `core/dist` or `core/build`.
  return folder !== undefined && readManifest(join(folder, 'core')).name === '@osprofiler/core' ? folder : undefined
}

/** Returns whether a bundler has copied this project into the program's file. */
export function isOwnCodeBundled(): boolean {
  return getOwnPackages() === undefined
}

/** Returns whether a function in this file may belong to the program. In a bundle, source maps decide this later. */
export const mayBeProgram = remember<boolean>(
  file => isFile(file) && findRawOwner(toPath(file)) === 'program',
  MAX_FILES,
  MAX_PATH_CHARS,
)

/**
 * Returns whether a file name from a stack is a path or URL of a file. Node's own modules and evaluated code have
 * neither.
 */
export function isFile(file: string): boolean {
  return FILE.test(file)
}

/** Returns the owner of a generated file, judged by the file's path. A bundle belongs to the program. */
export function findRawOwner(path: string): 'program' | 'library' | 'osprofiler' {
  if (isOwnFile(path)) return 'osprofiler'
  return LIBRARY.test(path) ? 'library' : 'program'
}

/** Returns the owner of a source file. */
export function findOwner(path: string): 'program' | 'library' | 'osprofiler' {
  // A package that is linked from a workspace is not in a `node_modules` folder.
  if (/^(?:@osprofiler\/|osprofiler$)/.test(readPackageName(dirname(path)))) return 'osprofiler'
  return findRawOwner(path)
}

const readPackageName = remember<string>(
  folder => {
    const { name } = readManifest(findPackageFolder(folder))
    return typeof name === 'string' ? name : ''
  },
  MAX_FILES,
  MAX_PATH_CHARS,
)

/**
 * Returns whether the file is a bundle that also contains this project. In this case, only a source map shows which of
 * the file's code belongs to the program.
 */
export function isSharedBundle(file: string): boolean {
  return isOwnCodeBundled() && file === ownFile
}

function isOwnFile(path: string): boolean {
  if (OWN_PACKAGE.test(path)) return true
  // Packages that are linked from a workspace are not in a `node_modules` folder.
  const folder = getOwnPackages()
  if (folder === undefined || !path.startsWith(folder)) return false
  return /^[a-z]+[\\/](?:dist|build|src)[\\/]/.test(path.slice(folder.length))
}

/** Converts a file's path or URL to a path. */
export function toPath(file: string): string {
  if (!/^file:/i.test(file)) return file
  try {
    // Loaders add queries, such as a version, to URLs.
    return fileURLToPath(file.replace(/[?#].*$/s, ''))
  } catch {
    return file
  }
}

/**
 * Returns a file's path relative to the program's root, with `/`. For a file outside the root, returns only its name.
 */
export const toShownFile = remember<string>(
  file => {
    const path = toPath(file)
    const root = getRoot()
    // The root of the file system ends with a separator.
    const start = root.endsWith(sep) ? root : root + sep
    const shown = path.startsWith(start) ? relative(root, path) : (path.split(/[\\/]/).at(-1) ?? '')
    return shown.split(sep).join('/')
  },
  MAX_FILES,
  MAX_PATH_CHARS,
)

let root: string | undefined

/** Returns the root of the workspace, or else the folder of the application's package.json. */
function getRoot(): string {
  root ??= findRoot()
  return root
}

function findRoot(): string {
  const start = findStart()
  return listFolders(start).find(isWorkspace) ?? findPackageFolder(start)
}

/**
 * Returns the nearest folder with a package.json: `folder` or one of its parents. If there is none, returns `folder`.
 */
export function findPackageFolder(folder: string): string {
  return listFolders(folder).find(each => existsSync(join(each, 'package.json'))) ?? folder
}

/** Returns the folder of the main file, or the current folder if the main file is a tool in `node_modules`. */
function findStart(): string {
  const file = mainFile()
  if (file !== undefined && !LIBRARY.test(file)) return dirname(file)
  try {
    return process.cwd()
  } catch {
    return sep
  }
}

function listFolders(start: string): readonly string[] {
  const folders = [start]
  for (let folder = start; dirname(folder) !== folder; ) {
    folder = dirname(folder)
    folders.push(folder)
  }
  return folders
}

function isWorkspace(folder: string): boolean {
  return existsSync(join(folder, 'pnpm-workspace.yaml')) || readManifest(folder).workspaces !== undefined
}

function readManifest(folder: string): { readonly name?: unknown; readonly workspaces?: unknown } {
  try {
    return JSON.parse(String(readRegularFile(join(folder, 'package.json'), MAX_MANIFEST_BYTES))) ?? {}
  } catch {
    return {}
  }
}
