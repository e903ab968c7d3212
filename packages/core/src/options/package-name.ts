import { basename, dirname, extname, join, sep } from 'node:path'
import { JSON, process } from '../platform/platform.js'
import { readRegularFile } from '../platform/read-regular-file.js'
import { findLaunchedName } from './launched-file.js'
import { mainFile } from './main-file.js'

const FALLBACK_NAME = 'app'
const MAX_FILE_BYTES = 1024 * 1024
const LIBRARY_FOLDER = `${sep}node_modules${sep}`

/**
 * Returns the default service name: from the package.json nearest to the application, or else from PM2 or the main
 * file's name.
 */
export function packageName(): string {
  const file = mainFile()
  const fileBasedName = file === undefined ? undefined : (readProjectName(file) ?? readNearestName(dirname(file)))
  return (
    fileBasedName ?? findLaunchedName(process.argv?.[1]) ?? (file === undefined ? FALLBACK_NAME : nameFromFile(file))
  )
}

/**
 * If the main file is a tool in a project's `node_modules`, returns the name of the nearest package that contains the
 * current folder. If the current folder is outside the project, returns the project's name.
 */
function readProjectName(file: string): string | undefined {
  const end = file.indexOf(LIBRARY_FOLDER)
  if (end < 0) return undefined
  const project = file.slice(0, end)
  const name = readName(join(project, 'package.json'))
  // A globally installed tool is not part of a project, so there is no package.json next to this `node_modules`.
  if (name === undefined) return undefined
  const folder = currentFolder()
  return folder.startsWith(project + sep) ? (readNearestName(folder) ?? name) : name
}

function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    // The current folder was deleted.
    return ''
  }
}

function readNearestName(start: string): string | undefined {
  for (let folder = start; ; ) {
    const name = readName(join(folder, 'package.json'))
    if (name !== undefined) return name
    const parent = dirname(folder)
    if (parent === folder) return undefined
    folder = parent
  }
}

function nameFromFile(file: string): string {
  const name = basename(file, extname(file))
  return name === 'index' ? basename(dirname(file)) || FALLBACK_NAME : name
}

function readName(path: string): string | undefined {
  try {
    const { name } = JSON.parse(readRegularFile(path, MAX_FILE_BYTES).toString('utf8')) as { name?: unknown }
    return typeof name === 'string' && name !== '' ? name : undefined
  } catch {
    return undefined
  }
}
