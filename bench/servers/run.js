import { startAll } from '../alternate.js'
import { medianInterval, quantile } from '../statistics.js'
import { printTable, showInterval } from '../table.js'
import { BARE, BARE_AGAIN, createServers, REFUSED, SAMPLED_OFF, SAMPLED_ON, TRACED, UNTRACED } from './contenders.js'

const MIN_GENERATIONS = 6
const DEFAULT_ROUNDS = 6
/**
 * A burst has sixty requests, so a round has 3,000. A round is long enough to include garbage collections: with Express
 * on Node 20, the old space is collected about once in a round.
 */
const BURSTS_PER_ROUND = 50
/** The figures count only if the two identical bare servers differ by less than this time, in us. */
const MAX_A_A_DIFFERENCE_US = 2
const TITLES = { express: 'Express', koa: 'Koa', fastify: 'Fastify' }

/**
 * Measures the servers of these frameworks on these versions of Node, one generation at a time. A framework is done
 * when the whole interval of the difference between its two bare servers is within the limit, or when `minutes` have
 * passed.
 *
 * @returns lines of the summary
 */
export async function runServers(frameworks, { nodes, minutes, generations, rounds = DEFAULT_ROUNDS }) {
  const groups = frameworks.flatMap(framework => nodes.map(node => createGroup(framework, node)))
  const end = performance.now() + minutes * 60_000
  const isOpen = ({ samples, done, ms }) =>
    generations === undefined
      ? done < MIN_GENERATIONS || (!isSteady(samples) && performance.now() + ms < end)
      : done < generations
  for (let open = groups; open.length > 0; open = open.filter(isOpen)) {
    for (const group of open) if (isOpen(group)) await measureGeneration(group, rounds)
  }
  for (const group of groups) printGroup(group)
  return frameworks.flatMap(framework => {
    const own = groups.filter(group => group.framework === framework)
    return toLines(TITLES[framework], own)
  })
}

/**
 * Creates the measurements of a framework on a version of Node: each contender's samples, and how long the last
 * generation took. In each generation, all contenders are restarted and measured.
 */
function createGroup(framework, node) {
  return { framework, node, contenders: createServers(framework, node), samples: new Map(), done: 0, ms: 0 }
}

/**
 * Restarts all contenders and lets them take turns. Each turn is one burst of about ten milliseconds. The speed of a
 * shared machine can change by 50% within seconds. With short turns, such a change affects all contenders alike.
 */
async function measureGeneration(group, rounds) {
  const start = performance.now()
  const running = await startAll(group.contenders, group.done)
  // The first round does not count, because the server that was started first has waited longest.
  for (let round = 0; round <= rounds; round++) {
    for (let burst = 0; burst < BURSTS_PER_ROUND; burst++) {
      for (const { sendBurst } of burst % 2 === 0 ? running : running.toReversed()) await sendBurst()
    }
    for (const { values, settle } of running) {
      const us = await settle()
      if (round > 0) values.push(us)
    }
  }
  for (const { name, values } of running) {
    group.samples.set(name, [...(group.samples.get(name) ?? []), quantile(values, 0.5)])
  }
  await Promise.all(running.map(({ stop }) => stop()))
  group.done++
  group.ms = performance.now() - start
}

function isSteady(samples) {
  const { low, high } = medianInterval(difference(samples, BARE_AGAIN))
  return low > -MAX_A_A_DIFFERENCE_US && high < MAX_A_A_DIFFERENCE_US
}

/** Returns whether the bare servers differ by less than the limit, without a visible bias between them. */
function isEstablished(samples) {
  const { median, low, high } = medianInterval(difference(samples, BARE_AGAIN))
  return Math.abs(median) < MAX_A_A_DIFFERENCE_US && low <= 0 && high >= 0
}

/**
 * Returns the time that a contender adds, in each generation, to the mean of both bare servers. The second bare server
 * is compared only with the first.
 */
function difference(samples, name) {
  const [bare, again] = [samples.get(BARE), samples.get(BARE_AGAIN)]
  const reference = bare.map((us, generation) => (name === BARE_AGAIN ? us : (us + again[generation]) / 2))
  return samples.get(name).map((us, generation) => us - reference[generation])
}

function printGroup({ framework, node, samples, done }) {
  printTable(
    `${TITLES[framework]} on Node ${node.version}: CPU time of the server, in us a request (${done} generations)`,
    ['', 'us', 'added'],
    [...samples.keys()].map(name => [
      name,
      showInterval(medianInterval(samples.get(name)), 1),
      name === BARE ? '' : showInterval(medianInterval(difference(samples, name)), 1),
    ]),
  )
}

function toLines(title, groups) {
  const added = name => groups.map(({ samples }) => formatAddedTime(samples, name))
  return [
    { title: `${title}, bare server again (A/A)`, own: added(BARE_AGAIN) },
    {
      title: `${title}, an untraced request`,
      own: added(UNTRACED),
      besideTitle: SAMPLED_OFF,
      beside: added(SAMPLED_OFF),
    },
    { title: `${title}, a request with a bad signature`, own: added(REFUSED) },
    { title: `${title}, a traced request`, own: added(TRACED), besideTitle: SAMPLED_ON, beside: added(SAMPLED_ON) },
  ]
}

function formatAddedTime(samples, name) {
  const shown = showInterval(medianInterval(difference(samples, name)), 1)
  if (isEstablished(samples)) return shown
  return name === BARE_AGAIN ? `not established: ${shown}` : 'not established'
}
