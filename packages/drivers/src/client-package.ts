import { createRequire } from 'node:module'
import { OsprofilerError } from '@osprofiler/core'

/**
 * Sees to it that a store's client is installed, without loading it: the driver does that on its first use.
 *
 * @throws OsprofilerError `ERR_MISSING_CLIENT`
 */
export function findClient(packageName: string, scheme: string): void {
  try {
    createRequire(import.meta.url).resolve(packageName)
  } catch (cause) {
    // A package without an entry for `require` is there all the same.
    if ((cause as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return
    throw new OsprofilerError(
      'ERR_MISSING_CLIENT',
      `${scheme}:// needs the package ${packageName}, which is not installed. Run "npm install ${packageName}".`,
      { cause },
    )
  }
}
