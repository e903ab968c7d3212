import { cpus, loadavg } from 'node:os'
import { formatTable } from './table.js'

/** What README shows of the table: its rows that tell most, of a framework whose row is steady. */
const README_ROWS = ['Fastify, a request that nobody traces', 'Fastify, a traced request']

/** The machine before the run. */
export function startSummary() {
  return { start: new Date(), load: showLoad() }
}

/**
 * The one table of a run, and the sentences on when and where it was made.
 *
 * A line is `{title, own, besideTitle, beside}`: one text for each version of Node, ours and what stands beside it.
 */
export function formatSummary({ start, load }, lines, nodes) {
  const minutes = Math.round((Date.now() - start) / 60_000)
  const date = start.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
  const versions = nodes.map(({ version }) => version).join(' and ')
  const where = `${cpus().length} cores of ${cpus()[0]?.model}`
  const table = formatLines(lines, nodes)
  const made = `Measured on ${date}, in ${minutes} minutes, with Node ${versions}, on ${where}.`
  return `${made} The load was ${load} before, and ${showLoad()} at the end.\n\n${table}`
}

/** The lines of the table that README shows, with its header. */
export function formatForReadme(lines, nodes) {
  return formatLines(
    lines.filter(({ title }) => README_ROWS.includes(title)),
    nodes,
  )
}

function formatLines(lines, nodes) {
  const header = ['CPU time, us', 'beside stands', ...nodes.flatMap(({ version }) => [`Node ${version}`, 'beside'])]
  const rows = lines.map(({ title, own, besideTitle = '', beside = [] }) => [
    title,
    besideTitle,
    ...own.flatMap((text, index) => [text, beside[index] ?? '']),
  ])
  return formatTable(header, rows, 2)
}

/** Of the last minute, 5 and 15. */
function showLoad() {
  return loadavg()
    .map(load => load.toFixed(1))
    .join(', ')
}
