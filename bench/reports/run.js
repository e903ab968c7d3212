import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runPage } from './page.js'
import { runStart } from './start.js'
import { runToJson } from './to-json.js'

const PARTS = new Map([
  ['json', runToJson],
  ['start', runStart],
  ['page', runPage],
])

/**
 * Measures our reports in three parts: from records to JSON on disk, the start of the command, and the page in a
 * browser. Compares the first two parts with Python's reports.
 *
 * @param effort `rounds`, and `million` to include a million records, for which Python needs 8 GB
 * @param parts some of `json`, `start`, `page`
 */
export async function runReports(effort, parts = [...PARTS.keys()]) {
  for (const part of parts) await PARTS.get(part)(effort)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '5' }, million: { type: 'boolean', default: false } },
  })
  await runReports(
    { rounds: Number(values.rounds), million: values.million },
    positionals.length > 0 ? positionals : undefined,
  )
}
