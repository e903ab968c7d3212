import { alternate, createTask } from '../alternate.js'
import { startNode } from '../child.js'
import { summarise } from '../statistics.js'
import { printTable, show, verdict } from '../table.js'
import { runJson } from './run-json.js'

const ordinary = { statement: 'a statement', request: 'a request, with a different path each time', call: 'a call' }
const largest = {
  prose: 'prose',
  users: 'addresses',
  ats: 'addresses of users alone',
  pairs: 'pairs',
  json: 'JSON',
  escapes: 'escapes',
}
/** The aim: the maximum time for copying an info of the maximum size. */
const AIM_MS = 5

/**
 * Measures the time to copy an info, which includes the search for secrets in the info. Also measures the time to read
 * and to write a record's JSON.
 */
export async function runRecords(effort) {
  const tasks = [...Object.keys(ordinary), ...Object.keys(largest)]
  const contenders = tasks.map(name => createTask(name, () => startNode('records/ours.js', name)))
  const samples = await alternate(contenders, effort)
  const times = name => summarise(samples.get(name).flat())
  printTable(
    'A copy of an ordinary info',
    ['', 'us'],
    Object.entries(ordinary).map(([name, title]) => [title, show(scaleSummary(times(name), 1e3))]),
  )
  printTable(
    'A copy of the largest info, 64,000 characters',
    ['', 'ms', `aim ${AIM_MS}`],
    Object.entries(largest).map(([name, title]) => {
      const time = scaleSummary(times(name), 1e6)
      return [title, show(time), verdict(time.median, AIM_MS)]
    }),
  )
  await runJson(effort)
}

function scaleSummary({ median, low, high }, by) {
  return { median: median / by, low: low / by, high: high / by }
}
