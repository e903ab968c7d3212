import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { JSON, process } from './platform.js'

const NAMELESS = 'app'

/** The name in the package.json nearest to the program that was started: what a service is called by default. */
export function packageName(): string {
  let folder = startFolder()
  for (;;) {
    const name = readName(join(folder, 'package.json'))
    if (name !== undefined) return name
    const parent = dirname(folder)
    if (parent === folder) return NAMELESS
    folder = parent
  }
}

function startFolder(): string {
  try {
    return dirname(realpathSync(process.argv[1] ?? ''))
  } catch {
    // Not where the process is: that folder may be gone, and to ask for it throws then.
    return process.env.PWD ?? '/'
  }
}

function readName(path: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(path, 'utf8')) as { name?: unknown }
    return typeof name === 'string' && name !== '' ? name : undefined
  } catch {
    return undefined
  }
}
