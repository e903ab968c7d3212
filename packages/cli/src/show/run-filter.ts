import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { OsprofilerError } from '@osprofiler/core'
import { escapeControl } from '@osprofiler/report'
import { messageOf } from '../output/create-failure.js'
import { resolveOwnFile } from '../output/resolve-own-file.js'
import type { FilterTask } from './filter-worker.js'

const FILTER_TIMEOUT_MS = 3_000

/**
 * Returns for each text whether a regular expression matches it, ignoring case. The expression runs in a thread that is
 * stopped after 3 s. Without this limit, a text from an untrusted record could make the expression run for hours.
 * Throws `ERR_CONFIGURATION` if the expression is invalid or was stopped.
 */
export async function runFilter(source: string, texts: readonly string[]): Promise<boolean[]> {
  checkPattern(source)
  const workerData: FilterTask = { source, texts }
  const worker = new Worker(resolveOwnFile('dist/show/filter-worker.js'), { workerData, execArgv: [], env: {} })
  try {
    const [matches] = await once(worker, 'message', { signal: AbortSignal.timeout(FILTER_TIMEOUT_MS) })
    return matches
  } catch (cause) {
    throw new OsprofilerError(
      'ERR_CONFIGURATION',
      `The regular expression ${escapeControl(source)} was stopped after ${FILTER_TIMEOUT_MS / 1_000} s. Avoid a repetition inside a repetition, such as (a+)+.`,
      { cause },
    )
  } finally {
    await worker.terminate()
  }
}

function checkPattern(source: string): void {
  try {
    new RegExp(source, 'imu')
  } catch (cause) {
    const reason = messageOf(cause)
    throw new OsprofilerError('ERR_CONFIGURATION', `--filter needs a regular expression. ${reason}.`, { cause })
  }
}
