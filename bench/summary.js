import { cpus, loadavg } from 'node:os'
import { formatTable } from './table.js'

/** The table rows that README shows: the most informative ones, about a framework with steady figures. */
const README_ROWS = ['Fastify, an untraced request', 'Fastify, a traced request']

/** Returns the current time and the machine's load, before the run. */
export function startSummary() {
  return { start: new Date(), load: showLoad() }
}

/**
 * Formats a run's table, with sentences that say when and where the table was measured.
 *
 * A line is `{title, own, besideTitle, beside}`. `own` and `beside` have one string per version of Node: our figure,
 * and the figure with which it is compared.
 */
export function formatSummary({ start, load }, lines, nodes) {
  const minutes = Math.round((Date.now() - start) / 60_000)
  const date = start.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
  const versions = nodes.map(({ version }) => version).join(' and ')
  const where = `${cpus().length} cores of ${cpus()[0]?.model}`
  const table = formatLines(lines, nodes)
  const made = `Measured on ${date}, in ${minutes} minutes, with Node ${versions}, on ${where}.`
  return `${made} The load averages were ${load} before the run, and ${showLoad()} at the end.\n\n${table}`
}

/** Returns the table lines that README shows, with the header. */
export function formatForReadme(lines, nodes) {
  return formatLines(
    lines.filter(({ title }) => README_ROWS.includes(title)),
    nodes,
  )
}

function formatLines(lines, nodes) {
  const header = [
    'CPU time, us',
    'reference',
    ...nodes.flatMap(({ version }) => [`OSProfiler, Node ${version}`, `reference, Node ${version}`]),
  ]
  const rows = lines.map(({ title, own, besideTitle = '', beside = [] }) => [
    title,
    besideTitle,
    ...own.flatMap((text, index) => [text, beside[index] ?? '']),
  ])
  return formatTable(header, rows, 2)
}

/** Returns the load averages over the last 1, 5 and 15 minutes. */
function showLoad() {
  return loadavg()
    .map(load => load.toFixed(1))
    .join(', ')
}
