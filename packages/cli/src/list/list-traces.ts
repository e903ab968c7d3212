import { formatCount } from '@osprofiler/report'
import { writeJson } from '@osprofiler/report/toolkit'
import { describeTerminal } from '../output/describe-terminal.js'
import { printRemarks } from '../output/print-remarks.js'
import { endProgress } from '../output/progress.js'
import { writeChunks } from '../output/write-output.js'
import { withStore } from '../store/open-store.js'
import { drawTraceList } from './draw-trace-list.js'
import { type FoundTrace, type FoundTraces, findTraces, type ListOptions } from './find-traces.js'

const MAX_IDS_NAMED = 10

/** Prints the traces of a store as a table or as JSON. Prints remarks about the search to standard error. */
export async function listTraces(options: ListOptions): Promise<void> {
  const found = await withStore(options, async ({ driver }) => await findTraces(driver, options))
  endProgress()
  const { traces } = found
  const terminal = describeTerminal(process.stdout, process.env)
  await writeChunks(
    process.stdout,
    options.json ? [writeJson(traces.map(toJson), 2), '\n'] : drawTraceList(traces, terminal),
  )
  printRemarks(...describeSearch(found, options))
}

/** Returns a trace in the format of Python's list, with additional members. Unknown members are null. */
function toJson({ summary, description }: FoundTrace): object {
  const { method, path, route, status, durationUs, points, failed, error, isWhole = false } = description ?? {}
  return {
    ...summary,
    method: method ?? null,
    path: path ?? null,
    route: route ?? null,
    status: status ?? null,
    duration_us: durationUs ?? null,
    points: isWhole ? (points ?? null) : null,
    failed: isWhole ? (failed ?? null) : null,
    error: error ?? null,
    too_large: description !== undefined && !isWhole,
  }
}

function describeSearch(found: FoundTraces, options: ListOptions): string[] {
  const { traces, hasMore, isCutShort, tooLarge } = found
  const { limit, search, slowest } = options
  const lines = traces.length === 0 ? [explainEmptyList(found, options)] : []
  if (hasMore)
    lines.push(`There are more traces than --limit ${limit}, so only the ${slowest ? 'slowest' : 'newest'} are shown.`)
  if (isCutShort) lines.push(`Searched only the newest ${formatCount(search)} traces. Use --search to search more.`)
  if (tooLarge.length > 0) {
    const ids = tooLarge.slice(0, MAX_IDS_NAMED).map(({ summary }) => summary.base_id)
    const rest = tooLarge.length > ids.length ? ` and ${formatCount(tooLarge.length - ids.length)} more` : ''
    const subject = tooLarge.length === 1 ? 'A trace is' : `${formatCount(tooLarge.length)} traces are`
    lines.push(`${subject} too large to be read, and therefore left out: ${ids.join(', ')}${rest}`)
  }
  return lines
}

/** Explains an empty list, because an empty table does not show whether the store is empty. */
function explainEmptyList({ searched }: FoundTraces, options: ListOptions): string {
  if (searched !== undefined && searched > 0)
    return `No trace matches. ${searched === 1 ? '1 trace was' : `${formatCount(searched)} traces were`} read.`
  const { errorTrace, since, name, service, status, minMs } = options
  const hasFilter = errorTrace || [since, name, service, status, minMs].some(option => option !== undefined)
  return hasFilter ? 'No trace matches.' : 'The store has no traces.'
}
