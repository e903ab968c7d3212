import { OsprofilerError } from '@osprofiler/core'
import { escapeControl } from '@osprofiler/report'
import { formatCounted } from '@osprofiler/report/toolkit'
import { showProgress } from '../output/progress.js'
import { writeChunks } from '../output/write-output.js'
import type { ArgumentOptions } from './classify-argument.js'
import { requireRemoveMethod, type StoreOptions, withStore } from './open-store.js'

/** Options of `osprofiler trace delete`. */
export interface DeleteOptions extends StoreOptions, ArgumentOptions {}

/** Options of `osprofiler trace prune`. */
export interface PruneOptions extends StoreOptions {
  readonly olderThan: Date
}

/**
 * Removes traces, and prints the number of records of each trace. After the last trace, throws `ERR_STORE_LOCKED` if
 * other transactions have locked some traces, or else `ERR_TRACE_NOT_FOUND` if some traces do not exist. The message
 * lists all locked and all missing traces.
 */
export async function deleteTraces(ids: readonly string[], options: DeleteOptions): Promise<void> {
  const file = options.id === true ? undefined : ids.find(id => /^\.[/\\]/.test(id))
  if (file !== undefined) {
    throw new OsprofilerError(
      'ERR_CONFIGURATION',
      `${file} names a file, but traces are removed from the store. Use --id if it is an id.`,
    )
  }
  await withStore(options, async ({ driver, shownAs }) => {
    const remove = requireRemoveMethod(driver, 'deleteTrace')
    const missing: string[] = []
    const locked: { readonly id: string; readonly error: OsprofilerError }[] = []
    for (const [index, id] of ids.entries()) {
      showProgress(`Removing trace ${index + 1} of ${ids.length}`)
      const records = await remove(id).catch(error => {
        if (!isLocked(error)) throw error
        locked.push({ id, error })
      })
      if (records === undefined) continue
      if (records === 0) missing.push(id)
      else await writeChunks(process.stdout, [`Removed ${escapeControl(id)}: ${formatCounted(records, 'record')}.\n`])
    }
    const problems = locked.map(({ id, error }) => (ids.length === 1 ? error.message : `${id}: ${error.message}`))
    if (missing.length > 0) problems.push(`Not in the store ${shownAs}: ${missing.join(', ')}.`)
    if (problems.length === 0) return
    const [first] = locked
    const code = first === undefined ? 'ERR_TRACE_NOT_FOUND' : 'ERR_STORE_LOCKED'
    throw new OsprofilerError(code, problems.join(' '), { cause: first?.error })
  })
}

/** Removes the traces whose records are all older than `olderThan`, and prints the number of traces. */
export async function pruneTraces({ olderThan, ...options }: PruneOptions): Promise<void> {
  await withStore(options, async ({ driver }) => {
    showProgress('Removing traces')
    const traces = await requireRemoveMethod(driver, 'pruneTraces')(olderThan)
    const text = `Removed ${formatCounted(traces, 'trace')} that had no record after ${formatUtcTime(olderThan)}.\n`
    await writeChunks(process.stdout, [text])
  })
}

function isLocked(error: unknown): error is OsprofilerError {
  return error instanceof OsprofilerError && error.code === 'ERR_STORE_LOCKED'
}

function formatUtcTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
