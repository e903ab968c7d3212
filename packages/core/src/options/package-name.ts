import { basename, dirname, extname, join, sep } from 'node:path'
import { JSON, process } from '../platform/platform.js'
import { readRegularFile } from '../platform/read-regular-file.js'
import { launchedName } from './launched-file.js'
import { mainFile } from './main-file.js'

const NAMELESS = 'app'
const MAX_LENGTH = 1024 * 1024
const LIBRARIES = `${sep}node_modules${sep}`

/** Returns the default name of a service: from the package.json nearest to the program, else from PM2 or its file. */
export function packageName(): string {
  const file = mainFile()
  const byFile = file === undefined ? undefined : (projectName(file) ?? nearestName(dirname(file)))
  return byFile ?? launchedName(process.argv?.[1]) ?? (file === undefined ? NAMELESS : fileName(file))
}

/** Returns the name of the project that a tool in its `node_modules` runs, or of the part that the process runs in. */
function projectName(file: string): string | undefined {
  const end = file.indexOf(LIBRARIES)
  if (end < 0) return undefined
  const project = file.slice(0, end)
  const name = readName(join(project, 'package.json'))
  // Global tools are in a folder that is not a project.
  if (name === undefined) return undefined
  const folder = currentFolder()
  return folder.startsWith(project + sep) ? (nearestName(folder) ?? name) : name
}

function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    // The folder was deleted.
    return ''
  }
}

function nearestName(start: string): string | undefined {
  for (let folder = start; ; ) {
    const name = readName(join(folder, 'package.json'))
    if (name !== undefined) return name
    const parent = dirname(folder)
    if (parent === folder) return undefined
    folder = parent
  }
}

function fileName(file: string): string {
  const name = basename(file, extname(file))
  return name === 'index' ? basename(dirname(file)) || NAMELESS : name
}

function readName(path: string): string | undefined {
  try {
    const { name } = JSON.parse(readRegularFile(path, MAX_LENGTH).toString('utf8')) as { name?: unknown }
    return typeof name === 'string' && name !== '' ? name : undefined
  } catch {
    return undefined
  }
}
