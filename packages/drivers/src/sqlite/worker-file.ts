import { OsprofilerError } from '@osprofiler/core'
import { requireFrom } from '@osprofiler/core/toolkit'

// Undefined in a bundle of CommonJS; in others, the bundle itself, or for webpack the file where the bundle was made.
const here: string | undefined = import.meta.url

/**
 * Finds what the thread of the store runs. A bundle has no such file: beside the bundle may lie a `worker.js` of the
 * program's own, which must not be run in place of ours.
 *
 * @throws OsprofilerError `ERR_MISSING_CLIENT`
 */
export function findWorker(): string {
  const file = here?.endsWith('/sqlite/worker-file.js') ? findBeside(here) : undefined
  if (file !== undefined) return file
  throw new OsprofilerError(
    'ERR_MISSING_CLIENT',
    'sqlite:// runs in a thread, whose file is not in the bundle. Leave @osprofiler/drivers outside of the bundle (esbuild: --external:@osprofiler/drivers), and install it beside the program.',
  )
}

function findBeside(url: string): string | undefined {
  try {
    return requireFrom(url).resolve('./worker.js')
  } catch {
    return undefined
  }
}
