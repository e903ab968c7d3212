import { OsprofilerError } from '@osprofiler/core'
import { requireFrom } from '@osprofiler/core/toolkit'

// The URL of this file. In a CommonJS bundle, `import.meta.url` is undefined. In other bundles, it is the URL of the
// bundle, or with webpack the URL that this file had at build time.
const thisFileUrl: string | undefined = import.meta.url

/**
 * Returns the path of the file that the thread runs. Throws `ERR_MISSING_CLIENT` in a bundle, because a bundle does not
 * contain the file of the thread.
 */
export function findWorker(): string {
  const file = thisFileUrl === undefined ? undefined : findWorkerBeside(thisFileUrl)
  if (file !== undefined) return file
  throw new OsprofilerError(
    'ERR_MISSING_CLIENT',
    'sqlite:// runs in a thread, whose file is not in the bundle. Leave @osprofiler/drivers outside of the bundle (esbuild: --external:@osprofiler/drivers), and install it next to the program.',
  )
}

function findWorkerBeside(url: string): string | undefined {
  try {
    return requireFrom(url).resolve('./sqlite/osprofiler-worker.js')
  } catch {
    return undefined
  }
}
