// node test/generated/replay.js FILE: executes the program in FILE in each way, and prints everything that the program
// observed.

import { readFileSync } from 'node:fs'
import { compile, EXECUTIONS, execute } from './execute.js'
import { recordExecution } from './records.js'

const compiled = compile({ source: readFileSync(process.argv[2], 'utf8'), strict: false })
for (const [name, ways] of Object.entries(EXECUTIONS)) {
  const { stops, faults } = recordExecution()
  const { entries } = await execute(compiled, ways)
  const records = stops.map(each => `${each.name} ${JSON.stringify(each.info)}`)
  console.log([`-- ${name}`, ...entries, ...records, ...faults].join('\n'))
}
process.exit()
