import { pathToFileURL } from 'node:url'
import { OsprofilerError } from '@osprofiler/core'
import { mainFile, requireFrom, resolvePackage } from '@osprofiler/core/toolkit'
import type { OpenContext } from './open-context.js'

// Undefined in a bundle of CommonJS.
const here: string | undefined = import.meta.url

/**
 * Sees to it that a store's client is installed, without loading it: the driver does that on its first use. A client is
 * found as this package finds it, or as the program's main file does.
 *
 * @throws OsprofilerError `ERR_MISSING_CLIENT`
 */
export function findClient(packageName: string, { scheme, checkOnly }: OpenContext): void {
  if (checkOnly || isNextToUs(packageName) || resolveClient(packageName) !== undefined) return
  throw new OsprofilerError(
    'ERR_MISSING_CLIENT',
    `${scheme}:// needs the package ${packageName}, which is not installed. Run "npm install ${packageName}".`,
  )
}

/**
 * Loads a store's client: by `load`, the `import()` of its name, or else the copy that the program's main file finds.
 *
 * @example
 * const { Redis } = await loadClient('ioredis', () => import('ioredis'))
 */
export async function loadClient<Client>(packageName: string, load: () => Promise<Client>): Promise<Client> {
  const file = isNextToUs(packageName) ? undefined : resolveClient(packageName)
  return file === undefined ? await load() : await import(/* webpackIgnore: true */ pathToFileURL(file).href)
}

/** The file of a client's package, or `undefined`: in the `node_modules` of this package, else of the program's main file. */
export function resolveClient(packageName: string): string | undefined {
  for (const from of [here, mainFile()]) {
    const file = from === undefined ? undefined : resolvePackage(packageName, from)
    if (file !== undefined) return file
  }
  return undefined
}

function isNextToUs(packageName: string): boolean {
  if (here === undefined) return false
  if (resolvePackage(packageName, here) !== undefined) return true
  try {
    requireFrom(here).resolve(packageName)
    return false
  } catch (error) {
    // A package without an entry for `require` is there all the same.
    return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
  }
}
