import { OsprofilerError } from '@osprofiler/core'
import { requireFrom } from '@osprofiler/core/toolkit'

// Undefined in a CommonJS bundle. In others it is the bundle itself, or with webpack the file at the time of bundling.
const thisFileUrl: string | undefined = import.meta.url

/** Finds the thread's file. A bundle throws `ERR_MISSING_CLIENT`: a `worker.js` beside it may be the program's own. */
export function findWorker(): string {
  const file = thisFileUrl === undefined ? undefined : findWorkerBeside(thisFileUrl)
  if (file !== undefined) return file
  throw new OsprofilerError(
    'ERR_MISSING_CLIENT',
    'sqlite:// runs in a thread, whose file is not in the bundle. Leave @osprofiler/drivers outside of the bundle (esbuild: --external:@osprofiler/drivers), and install it beside the program.',
  )
}

function findWorkerBeside(url: string): string | undefined {
  try {
    return requireFrom(url).resolve('./sqlite/osprofiler-worker.js')
  } catch {
    return undefined
  }
}
