import type { TraceSummary } from '@osprofiler/core'
import { escapeControl } from '@osprofiler/report'
import stringWidth from 'fast-string-width'
import { asciiJson } from './ascii-json.js'
import type { ListOptions } from './commands/list-options.js'
import { readable, withStore } from './open-store.js'
import { showProgress } from './progress.js'
import { tell } from './tell.js'
import { writeChunks } from './write-output.js'

const COLUMNS = ['base_id', 'timestamp', 'name', 'service', 'records'] as const
const LONGEST_SHOWN = 60

/** Lists the traces of a store as a table, of which the first two columns are those of Python's command. */
export async function listTraces(options: ListOptions): Promise<void> {
  const { errorTrace = false, limit, since, name, service, json = false } = options
  const traces = await withStore(options, async ({ driver }) => {
    const list = readable(driver, errorTrace ? 'listErrorTraces' : 'listTraces')
    showProgress('Listing the traces')
    // One more tells whether there are more.
    return await list({ limit: limit + 1, since, name, service })
  })
  const shown = traces.slice(0, limit)
  await writeChunks(process.stdout, json ? [asciiJson(shown)] : drawTable(shown))
  if (traces.length > limit) tell(`There are more: these are the newest ${limit}. Use --limit.`)
}

function* drawTable(traces: readonly TraceSummary[]): Generator<string> {
  const rows = traces.map(trace => COLUMNS.map(column => drawCell(column, String(trace[column]))))
  const widths = COLUMNS.map((column, index) =>
    rows.reduce((widest, row) => Math.max(widest, stringWidth(row[index] ?? '')), column.length),
  )
  const rule = `+${widths.map(width => '-'.repeat(width + 2)).join('+')}+\n`
  const drawRow = (cells: readonly string[]): string =>
    `|${cells.map((cell, index) => ` ${cell}${' '.repeat((widths[index] ?? 0) - stringWidth(cell))} `).join('|')}|\n`
  yield rule + drawRow(COLUMNS) + rule
  for (const row of rows) yield drawRow(row)
  yield rule
}

/** An id is never cut: it is there to be copied. */
function drawCell(column: (typeof COLUMNS)[number], text: string): string {
  if (column === 'base_id' || text.length <= LONGEST_SHOWN) return escapeControl(text)
  return `${escapeControl(text.slice(0, LONGEST_SHOWN))}...`
}
