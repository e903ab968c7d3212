import { alternate, createTask, WARM_UP_CALLS } from '../alternate.js'
import { ratio, summarise } from '../statistics.js'
import { printTable, show, verdict } from '../table.js'

const NAMES = ['bare', 'untraced', 'traced', 'openTelemetry']
const AGAIN = 'bare, again (A/A)'

/**
 * Measures a call to a library in each contender, and prints the table. `startContender(name)` starts a process that
 * answers `{count}` with `{ns}`.
 */
export async function measureCalls(title, startContender, effort) {
  const contenders = NAMES.map(name => createTask(name, () => startContender(name), WARM_UP_CALLS))
  contenders.push(createTask(AGAIN, () => startContender('bare'), WARM_UP_CALLS))
  const samples = await alternate(contenders, effort)
  const us = name => show(inMicroseconds(samples.get(name)), 1)
  const ofBare = name => show(ratio(samples, name, 'bare'), 3)
  const added = measureAddedTime(samples, 'traced', 'openTelemetry')
  printTable(
    `${title}: CPU time of the caller`,
    ['', 'us', 'ratio to bare', 'aim 1.01', "ratio to OpenTelemetry's added time", 'aim 0.33'],
    [
      ['bare', us('bare'), '', '', '', ''],
      [AGAIN, us(AGAIN), ofBare(AGAIN), '', '', ''],
      [
        'untraced, instruments on',
        us('untraced'),
        ofBare('untraced'),
        verdict(ratio(samples, 'untraced', 'bare').median, 1.01),
        '',
        '',
      ],
      ['traced', us('traced'), ofBare('traced'), '', show(added), verdict(added.median, 0.33)],
      ['OpenTelemetry', us('openTelemetry'), ofBare('openTelemetry'), '', '', ''],
    ],
  )
}

function inMicroseconds(samples) {
  return summarise(samples.flat().map(ns => ns / 1000))
}

/**
 * Divides the time that `name` adds to `bare` by the time that `reference` adds to `bare`, separately for each round.
 * Returns the median ratio and the quartiles.
 */
function measureAddedTime(samples, name, reference) {
  const [bare, own, other] = ['bare', name, reference].map(each => samples.get(each).flat())
  return summarise(own.map((value, index) => (value - bare[index]) / (other[index] - bare[index])))
}
