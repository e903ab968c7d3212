import { dirname, join } from 'node:path'
import { mainFile } from './main-file.js'
import { JSON } from './platform.js'
import { readRegularFile } from './read-regular-file.js'

const NAMELESS = 'app'
const MAX_LENGTH = 1024 * 1024

/** The name in the package.json nearest to the program that was started: what a service is called by default. */
export function packageName(): string {
  const file = mainFile()
  if (file === undefined) return NAMELESS
  for (let folder = dirname(file); ; ) {
    const name = readName(join(folder, 'package.json'))
    if (name !== undefined) return name
    const parent = dirname(folder)
    if (parent === folder) return NAMELESS
    folder = parent
  }
}

function readName(path: string): string | undefined {
  try {
    const { name } = JSON.parse(readRegularFile(path, MAX_LENGTH).toString('utf8')) as { name?: unknown }
    return typeof name === 'string' && name !== '' ? name : undefined
  } catch {
    return undefined
  }
}
