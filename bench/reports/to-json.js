import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { summarise } from '../statistics.js'
import { printTable, show } from '../table.js'
import { COMMAND, measureProcess, USAGE_FLAGS } from './measure-process.js'
import { writeRecords } from './records.js'
import { takeTurns } from './turns.js'

const SPEED_AIM_RATIO = 10
const MEMORY_AIM_RATIO = 7
const MILLION_RECORDS = 1_000_000
const PYTHON_SCRIPT = fileURLToPath(new URL('python_report.py', import.meta.url))

/** Measures how long it takes to turn a record file into a file with the report's JSON. */
export async function runToJson({ rounds, million = false }) {
  const rows = []
  for (const count of [10_000, 100_000, ...(million ? [MILLION_RECORDS] : [])])
    rows.push(...(await measure(count, rounds)))
  printTable(
    "From records to JSON on disk: ours, and the ratio of Python's to ours",
    [
      '',
      'size of the JSON',
      'elapsed time, s',
      'CPU time, s',
      'memory, MB',
      'ratio of elapsed times',
      `at least ${SPEED_AIM_RATIO}`,
      'ratio of CPU times',
      'ratio of memory',
      `at least ${MEMORY_AIM_RATIO}`,
    ],
    rows,
  )
}

async function measure(count, rounds) {
  const directory = mkdtempSync(join(tmpdir(), 'osprofiler-bench-'))
  try {
    const records = join(directory, 'records.jsonl')
    const out = join(directory, 'ours.json')
    writeRecords(records, count)
    const python = way => ({
      name: way,
      measure: () => measureProcess('/usr/bin/python3', [PYTHON_SCRIPT, records, join(directory, `${way}.json`), way]),
    })
    const ours = {
      name: 'ours',
      measure: () =>
        measureProcess(process.execPath, [...USAGE_FLAGS, COMMAND, 'trace', 'show', records, '--json', '--out', out]),
    }
    const isMillion = count >= MILLION_RECORDS
    // A million records take minutes, so Python is measured only once, and only with the function that its command
    // uses.
    const contenders = isMillion ? [ours, python('dumps')] : [ours, python('dumps'), python('dump')]
    const taken = await takeTurns(contenders, isMillion ? 1 : rounds, !isMillion)
    return toRows(count, taken, statSync(out).size)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function toRows(count, taken, size) {
  const ours = taken.get('ours')
  const figure = (name, key, divisor, digits) =>
    (summarise(taken.get(name).map(use => use[key])).median / divisor).toFixed(digits)
  const used = name => [figure(name, 'ms', 1000, 2), figure(name, 'cpuMs', 1000, 2), figure(name, 'peak', 1, 0)]
  const times = (name, key) => summarise(taken.get(name).map((use, round) => use[key] / ours[round][key]))
  const python = (name, title) => {
    const [ms, cpu, peak] = ['ms', 'cpuMs', 'peak'].map(key => times(name, key))
    return [
      title,
      '',
      ...used(name),
      ...[
        show(ms, 1),
        judgeRatio(ms.median, SPEED_AIM_RATIO),
        show(cpu, 1),
        show(peak, 1),
        judgeRatio(peak.median, MEMORY_AIM_RATIO),
      ],
    ]
  }
  return [
    [`${count} records: ours`, `${(size / 1e6).toFixed(0)} MB`, ...used('ours'), '', '', '', '', ''],
    python('dumps', "Python's command"),
    ...(taken.has('dump') ? [python('dump', 'Python with json.dump()')] : []),
  ]
}

function judgeRatio(value, aim) {
  return value >= aim ? 'met' : 'missed'
}
