import { alternate, createTask, WARM_UP_CALLS } from '../alternate.js'
import { startNode } from '../child.js'
import { ratio, summarise } from '../statistics.js'
import { printTable, show } from '../table.js'

const task = (name, script, argument) =>
  createTask(name, () => startNode(`promises/${script}.js`, argument), WARM_UP_CALLS)

/**
 * Measures the cost of following the promises of traced calls: for unrelated awaits in the process, and for the traced
 * calls themselves.
 */
export async function runPromises(effort) {
  if (effort.only?.includes('calls') !== true) await runAwaits(effort)
  if (effort.only?.includes('awaits') !== true) await runCalls(effort)
}

const AWAIT_CASES = [
  ['`await` of a value', 'value'],
  ['`await` of an async call', 'call'],
]

async function runAwaits(effort) {
  const rows = []
  for (const [name, kind] of AWAIT_CASES) {
    const samples = await alternate(
      ['nothing', 'trace', 'hooks', 'promise'].map(meanwhile => task(meanwhile, 'awaits', `${kind}/${meanwhile}`)),
      effort,
    )
    const added = summarise(difference(samples, 'promise', 'trace'))
    const ns = contender => summarise(samples.get(contender).flat()).median.toFixed(0)
    rows.push([
      name,
      ns('nothing'),
      ns('trace'),
      ns('hooks'),
      ns('promise'),
      show(added, 0),
      show(ratio(samples, 'promise', 'hooks')),
    ])
  }
  printTable(
    `CPU time of an untraced \`await\`, ns, on Node ${process.versions.node}`,
    [
      '',
      'nothing is traced',
      'a trace is active, hooks off',
      'empty hooks',
      'a traced promise is pending',
      "added by OSProfiler's hooks",
      'ratio to empty hooks',
    ],
    rows,
  )
}

function difference(samples, name, reference) {
  const references = samples.get(reference).flat()
  return samples
    .get(name)
    .flat()
    .map((value, index) => value - references[index])
}

const PATTERN_NAMES = [
  ['awaited at once', 'atOnce'],
  ['awaited later', 'later'],
  ['not awaited', 'never'],
]

async function runCalls(effort) {
  const rows = []
  for (const [name, manner] of PATTERN_NAMES) {
    const samples = await alternate(
      [
        ...['bare', 'trace', 'withTrace'].map(way => task(way, 'ours', `${way}/${manner}`)),
        task('span', 'opentelemetry', manner),
      ],
      effort,
    )
    const ns = contender => summarise(samples.get(contender).flat()).median.toFixed(0)
    rows.push([
      name,
      ...['bare', 'trace', 'withTrace', 'span'].map(ns),
      show(ratio(samples, 'trace', 'span')),
      show(ratio(samples, 'withTrace', 'span')),
    ])
  }
  printTable(
    `CPU time of an asynchronous call, ns, on Node ${process.versions.node}`,
    [
      '',
      'untraced',
      'trace(), hideArgs',
      'withTrace()',
      "OpenTelemetry's span",
      'trace(), ratio to the span',
      'withTrace(), ratio to the span',
    ],
    rows,
  )
}
