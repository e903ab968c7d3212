// node test/generated/run.js --seed 1 --programs 10000 [--families promises,classes] [--control]
// Runs generated programs traced and untraced, and prints the smallest program that behaves differently.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { checkProgram, generateProgram } from './check.js'
import { EXECUTIONS } from './execute.js'
import { FAMILIES } from './families.js'
import { listOpenPoints } from './records.js'

// The point of a settled but unhandled promise ends after one or two seconds. On a slow machine, this takes longer.
const LATE_RECORDS_MS = 30_000
const PAUSE_MS = 100

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    programs: { type: 'string', default: '1000' },
    families: { type: 'string', default: Object.keys(FAMILIES).join() },
    /** Executes each program twice, both times untraced. Any difference is then a fault in the generator. */
    control: { type: 'boolean', default: false },
  },
})
const families = values.families.split(',')
const executions = values.control ? { plain: EXECUTIONS.plain, again: EXECUTIONS.plain } : EXECUTIONS

const startUsage = process.cpuUsage()
const property = fc.asyncProperty(fc.gen(), generate => checkProgram(generateProgram(generate, families), executions))
const { failed, errorInstance, numRuns } = await fc.check(property, {
  numRuns: Number(values.programs),
  seed: Number(values.seed),
})
const { user, system } = process.cpuUsage(startUsage)
if (failed) console.log(errorInstance?.message)
for (let waited = 0; !failed && listOpenPoints().length > 0 && waited < LATE_RECORDS_MS; waited += PAUSE_MS)
  await sleep(PAUSE_MS)
const open = failed ? [] : listOpenPoints()
if (open.length > 0) console.log(`${open[0].execution.program.source}\n\n${open[0].name} without a stop`)
console.log(
  `seed ${values.seed}: ${numRuns} programs, ${((user + system) / 1000 / numRuns).toFixed(2)} ms of CPU time each`,
)
process.exit(failed || open.length > 0 ? 1 : 0)
