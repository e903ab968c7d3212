import { alternate } from '../alternate.js'
import { startNode } from '../child.js'
import { ratio, summarise } from '../statistics.js'
import { printTable, show, verdict } from '../table.js'

const CLIENTS = [
  ['http', 'http.get'],
  ['fetch', 'fetch'],
]
const NAMES = ['bare', 'untraced', 'traced', 'openTelemetry']
const REQUESTS_IN_FLIGHT = 40
const WARM_UP_REQUESTS = 15_000
const ROUND_REQUESTS = 3_000

/**
 * Measures an outgoing request in four contenders: without instruments, with our instruments outside a trace, with our
 * instruments in a trace, and in a span of OpenTelemetry.
 */
export async function runOutgoing(effort) {
  const origin = startNode('instruments/origin.js')
  const { port } = await origin.ask({})
  for (const [client, title] of CLIENTS) await runClient(client, title, port, effort)
  await origin.stop()
}

async function runClient(client, title, port, effort) {
  const contenders = [...NAMES, 'bare, again (A/A)'].map(name => createCaller(name, client, port))
  const samples = await alternate(contenders, effort)
  const us = name =>
    show(
      summarise(
        samples
          .get(name)
          .flat()
          .map(ns => ns / 1000),
      ),
      1,
    )
  const ofBare = name => show(ratio(samples, name, 'bare'), 3)
  const added = measureAddedTime(samples, 'traced', 'openTelemetry')
  printTable(
    `${title}, ${REQUESTS_IN_FLIGHT} at a time: CPU time of the caller`,
    ['', 'us', 'ratio to bare', 'aim 1.01', "ratio to OpenTelemetry's added time", 'aim 0.33'],
    [
      ['bare', us('bare'), '', '', '', ''],
      ['bare, again (A/A)', us('bare, again (A/A)'), ofBare('bare, again (A/A)'), '', '', ''],
      ['untraced, instruments on', us('untraced'), ofBare('untraced'), judgeBare(samples), '', ''],
      ['traced', us('traced'), ofBare('traced'), '', show(added), verdict(added.median, 0.33)],
      ['OpenTelemetry', us('openTelemetry'), ofBare('openTelemetry'), '', '', ''],
    ],
  )
}

/**
 * Like `createTask`, but with the same number of requests in each round. In a round with few requests, opening the
 * connections would take most of the time.
 */
function createCaller(name, client, port) {
  return {
    name,
    async start() {
      const task = name.replace(/,.*/, '')
      const child = startNode('instruments/outgoing.js', task, client, String(port), String(REQUESTS_IN_FLIGHT))
      const time = async count => (await child.ask({ count })).ns / count
      await time(WARM_UP_REQUESTS)
      return { measure: () => time(ROUND_REQUESTS), stop: () => child.stop() }
    },
  }
}

function judgeBare(samples) {
  return verdict(ratio(samples, 'untraced', 'bare').median, 1.01)
}

/**
 * Divides the time that `name` adds to `bare` by the time that `reference` adds to `bare`, separately for each round.
 * Returns the median ratio and the quartiles.
 */
function measureAddedTime(samples, name, reference) {
  const [bare, own, other] = ['bare', name, reference].map(each => samples.get(each).flat())
  return summarise(own.map((value, index) => (value - bare[index]) / (other[index] - bare[index])))
}
