import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { runContext } from './context/run.js'
import { runInstruments } from './instruments/run.js'
import { runPoints } from './points/run.js'
import { runPromises } from './promises/run.js'
import { runRecords } from './records/run.js'
import { runReports } from './reports/run.js'
import { runServers } from './servers/run.js'
import { runSignatures } from './signatures/run.js'
import { runStore } from './store/run.js'
import { runStores } from './stores/run.js'

const SECTIONS = new Map([
  ['express', effort => runServers('express', effort)],
  ['koa', effort => runServers('koa', effort)],
  ['fastify', effort => runServers('fastify', effort)],
  ['points', runPoints],
  ['promises', runPromises],
  ['records', runRecords],
  ['signatures', runSignatures],
  ['store', runStore],
  ['stores', runStores],
  ['instruments', runInstruments],
  ['context', runContext],
  ['reports', runReports],
])

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    generations: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
  },
})
const unknown = positionals.find(name => !SECTIONS.has(name))
if (unknown !== undefined) {
  console.error(`No section "${unknown}". There are: ${[...SECTIONS.keys()].join(', ')}.`)
  process.exit(2)
}
const effort = {
  generations: Number(values.generations),
  rounds: Number(values.rounds),
  only: values.only?.split(','),
}
console.log(`Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model}`)
console.log(`${effort.generations} generations of processes, ${effort.rounds} rounds each; median (quartiles)`)
for (const name of positionals.length > 0 ? positionals : SECTIONS.keys()) await SECTIONS.get(name)(effort)
