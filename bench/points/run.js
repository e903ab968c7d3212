import { alternate, createTask, WARM_UP_CALLS } from '../alternate.js'
import { startNode, startPython } from '../child.js'
import { ratio, summarise } from '../statistics.js'
import { printTable, show, verdict } from '../table.js'

const ours = (name, task) => createTask(name, () => startNode('points/ours.js', task), WARM_UP_CALLS)
const openTelemetry = (name, task) => createTask(name, () => startNode('points/opentelemetry.js', task), WARM_UP_CALLS)
const python = (name, task) => createTask(name, () => startPython('points/python.py', task), WARM_UP_CALLS)

/** Each of our functions that record a point, with its usual equivalents in OpenTelemetry and in Python's profiler. */
const PAIRS = [
  ['start(), stop()', 'startStop', 'startEnd', 'startStop'],
  ['withTrace()', 'withTrace', 'active', 'block'],
  ['withTrace(), with an info', 'withTraceInfo', 'activeAttributes', 'blockInfo'],
  ['trace()', 'trace', 'active', 'trace'],
  ['trace(), hideArgs', 'traceHidden', 'active', 'trace'],
  ['withTrace(), async', 'withTraceAsync', 'activeAsync', 'block'],
  ['trace(), async', 'traceAsync', 'activeAsync', 'trace'],
]

export async function runPoints(effort) {
  const rows = []
  for (const [name, own, span, point] of PAIRS) {
    const samples = await alternate([ours('own', own), openTelemetry('span', span), python('point', point)], effort)
    const ofSpan = ratio(samples, 'own', 'span')
    const ofPoint = ratio(samples, 'own', 'point')
    const ns = contender => summarise(samples.get(contender).flat()).median.toFixed(0)
    rows.push([
      name,
      ns('own'),
      ns('span'),
      ns('point'),
      show(ofSpan),
      verdict(ofSpan.median, 0.5),
      show(ofPoint),
      verdict(ofPoint.median, 0.2),
    ])
  }
  printTable(
    'One point',
    [
      '',
      'our point, ns',
      "OpenTelemetry's span, ns",
      "Python's point, ns",
      'ratio to the span',
      'at most 0.5',
      "ratio to Python's point",
      'at most 0.2',
    ],
    rows,
  )
  await runCallSites(effort)
  await runInactive(effort)
}

async function runCallSites(effort) {
  const contenders = [ours('with', 'withCode'), ours('without', 'withoutCode'), ours('stack', 'stacks')]
  const samples = await alternate(contenders, effort)
  const ns = contender => summarise(samples.get(contender).flat()).median.toFixed(0)
  const extra = samples.get('with').map((generation, at) => {
    const without = samples.get('without')[at]
    return generation.map((value, round) => value - without[round])
  })
  const ofStack = ratio(new Map([...samples, ['extra', extra]]), 'extra', 'stack')
  printTable(
    'The call site of a point, in requests of 20 points',
    ['', 'ns per point', 'ratio of the added time to reading a stack', 'at most 2'],
    [
      ['with a call site', ns('with'), show(ofStack), verdict(ofStack.median, 2)],
      ['without a call site', ns('without'), '', ''],
      ['reading a stack in Node', ns('stack'), '', ''],
    ],
  )
}

async function runInactive(effort) {
  const contenders = [ours('traced', 'inactive'), ours('proxy', 'proxy'), ours('bare', 'untraced')]
  const samples = await alternate(contenders, effort)
  const traced = summarise(samples.get('traced').flat())
  const ns = contender => show(summarise(samples.get(contender).flat()), 1)
  printTable(
    'A call of a traced function while no trace is active',
    ['', 'ns per call', 'at most 50', 'ratio to a proxy'],
    [
      ['traced', ns('traced'), verdict(traced.median, 50), show(ratio(samples, 'traced', 'proxy'))],
      ['a proxy that forwards the call', ns('proxy'), '', ''],
      ['not traced', ns('bare'), '', ''],
    ],
  )
}
