// The benchmark: `node bench/run.js [SECTION...]`. If no section is named, all sections run. See README.md.

import { parseArgs } from 'node:util'
import { runArrival } from './arrival/run.js'
import { runContext } from './context/run.js'
import { runInstruments } from './instruments/run.js'
import { findNodes } from './nodes.js'
import { fillPlace } from './places.js'
import { runOnePoint } from './points/one-point.js'
import { runPoints } from './points/run.js'
import { runPromises } from './promises/run.js'
import { runRecords } from './records/run.js'
import { runReports } from './reports/run.js'
import { runServers } from './servers/run.js'
import { runOneSignature } from './signatures/one-signature.js'
import { runSignatures } from './signatures/run.js'
import { runOneDelivery } from './store/one-delivery.js'
import { runStore } from './store/run.js'
import { runStores } from './stores/run.js'
import { formatForReadme, formatSummary, startSummary } from './summary.js'
import { takePrinted } from './table.js'
import { runWhy } from './why/run.js'

const FRAMEWORKS = ['express', 'koa', 'fastify']
/** The parts of the summary table, except the frameworks. Each function resolves to its part's lines. */
const PARTS = new Map([
  ['point', runOnePoint],
  ['delivery', runOneDelivery],
  ['signature', runOneSignature],
])
const FAIR = [...FRAMEWORKS, ...PARTS.keys()]
/** The sections that print their own tables. */
const SECTIONS = new Map([
  ['points', runPoints],
  ['promises', runPromises],
  ['records', runRecords],
  ['signatures', runSignatures],
  ['store', runStore],
  ['stores', runStores],
  ['instruments', runInstruments],
  ['context', runContext],
  ['reports', runReports],
  ['arrival', runArrival],
  ['why', runWhy],
])

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    generations: { type: 'string' },
    rounds: { type: 'string' },
    minutes: { type: 'string', default: '45' },
    nodes: { type: 'string', default: '20,24' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const known = [...FAIR, ...SECTIONS.keys()]
const names = positionals.length === 0 ? known : positionals.flatMap(name => (name === 'fair' ? FAIR : [name]))
const unknown = names.find(name => !known.includes(name))
if (unknown !== undefined) {
  console.error(`Unknown section "${unknown}". Known sections: fair, ${known.join(', ')}.`)
  process.exit(2)
}
const generations = values.generations === undefined ? undefined : Number(values.generations)
const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
const only = values.only?.split(',')

// The machine's load is read before the first measurement, because measurements increase the load.
const summary = startSummary()
const isFair = name => FAIR.includes(name)
const nodes = names.some(isFair) ? findNodes(values.nodes) : []
const lines = []
const frameworks = FRAMEWORKS.filter(name => names.includes(name))
if (frameworks.length > 0) {
  lines.push(...(await runServers(frameworks, { nodes, minutes: Number(values.minutes), generations, rounds })))
}
for (const [name, measure] of PARTS) {
  if (names.includes(name))
    lines.push(...(await measure({ nodes, generations: generations ?? 8, rounds: rounds ?? 3 })))
}
const table = lines.length > 0 ? formatSummary(summary, lines, nodes) : ''
const isWhole = FAIR.every(name => names.includes(name))
if (values.write && isWhole) {
  fillPlace('bench/README.md', 'the table', table)
  fillPlace('README.md', 'two lines of the table', formatForReadme(lines, nodes))
}

const rest = names.filter(name => !isFair(name))
takePrinted()
for (const name of rest) {
  const effort = { generations: generations ?? 2, rounds: rounds ?? 3, only }
  await SECTIONS.get(name)(effort)
  const when = `Node ${process.versions.node}, ${effort.generations} generations of ${effort.rounds} rounds; median (quartiles).`
  if (values.write) fillPlace('bench/README.md', name, [when, ...takePrinted()].join('\n\n'))
}
if (table !== '') console.log(`\n## What tracing costs\n\n${table}`)
