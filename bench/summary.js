import { cpus, loadavg } from 'node:os'
import { formatTable } from './table.js'

/** The rows of the table that the README shows: the most telling ones, of a framework with steady figures. */
const README_ROWS = ['Fastify, an untraced request', 'Fastify, a traced request']

/** Notes the time and the load of the machine before the run. */
export function startSummary() {
  return { start: new Date(), load: showLoad() }
}

/**
 * Formats the table of a run, with sentences on when and where it was made.
 *
 * A line is `{title, own, besideTitle, beside}`. `own` and `beside` have one text for each version of Node: our figure
 * and the compared one.
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

/** Returns the lines of the table that the README shows, with the header. */
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
    ...nodes.flatMap(({ version }) => [`Node ${version}`, `reference, ${version}`]),
  ]
  const rows = lines.map(({ title, own, besideTitle = '', beside = [] }) => [
    title,
    besideTitle,
    ...own.flatMap((text, index) => [text, beside[index] ?? '']),
  ])
  return formatTable(header, rows, 2)
}

/** Returns the load of the last 1, 5 and 15 minutes. */
function showLoad() {
  return loadavg()
    .map(load => load.toFixed(1))
    .join(', ')
}
