import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { summarise } from '../statistics.js'
import { printTable, show, verdict } from '../table.js'
import { COMMAND, measureProcess } from './measure-process.js'
import { writeRecords } from './records.js'
import { takeTurns } from './turns.js'

const AIM_MS = 80
const RECORD_COUNT = 40
/** Number of starts per round. The time of a single start would depend too much on other work on the machine. */
const STARTS_PER_ROUND = 3
const PYTHON_COMMAND = 'import sys; from osprofiler.cmd.shell import main; sys.exit(main())'

/** Measures the wall time of a process from start to end. */
export async function runStart({ rounds }) {
  const directory = mkdtempSync(join(tmpdir(), 'osprofiler-bench-'))
  try {
    const records = join(directory, 'records.jsonl')
    const report = join(directory, 'report.json')
    writeRecords(records, RECORD_COUNT)
    // Python's command reads reports, but not files of records. So both commands get the same report.
    await measureProcess(process.execPath, [COMMAND, 'trace', 'show', records, '--json', '--out', report])
    const node = (name, ...args) => ({ name, measure: () => measureProcess(process.execPath, args) })
    const python = (name, ...args) => ({ name, measure: () => measureProcess('/usr/bin/python3', args) })
    const show = [PYTHON_COMMAND, 'trace', 'show', report, '--json', '--connection-string', 'unused://']
    const taken = await takeTurns(
      [
        node('node -e 0', '-e', '0'),
        node('osprofiler trace show FILE', COMMAND, 'trace', 'show', records),
        node('osprofiler trace show FILE --json', COMMAND, 'trace', 'show', report, '--json'),
        node('osprofiler key new', COMMAND, 'key', 'new'),
        python('python3 -c 0', '-c', '0'),
        python("Python's osprofiler trace show FILE --json", '-c', ...show),
      ],
      rounds * STARTS_PER_ROUND,
    )
    printRows(taken)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function printRows(taken) {
  const bare = taken.get('node -e 0')
  printTable(
    'The start of the command',
    ['', 'ms', 'ms more than node -e 0', `at most ${AIM_MS}`, 'ratio to node -e 0'],
    Array.from(taken, ([name, uses]) => {
      const more = summarise(uses.map(({ ms }, round) => ms - bare[round].ms))
      const times = summarise(uses.map(({ ms }, round) => ms / bare[round].ms))
      const isOurs = name.startsWith('osprofiler')
      return [
        name,
        show(summarise(uses.map(({ ms }) => ms)), 0),
        show(more, 0),
        isOurs ? verdict(more.median, AIM_MS) : '',
        show(times, 1),
      ]
    }),
  )
}
