import { startAll } from '../alternate.js'
import { medianInterval, quantile } from '../statistics.js'
import { printTable, showInterval } from '../table.js'
import { BARE, BARE_AGAIN, createServers, REFUSED, SAMPLED_OFF, SAMPLED_ON, TRACED, UNTRACED } from './contenders.js'

const MIN_GENERATIONS = 6
const DEFAULT_ROUNDS = 6
/** Each of sixty requests. A round of 3,000 holds collections: on Node 20, Express causes one of the old space in about that. */
const BURSTS_PER_ROUND = 50
/** A bare server and the same once more may differ by so much, in us, for the figures beside them to count. */
const MAX_A_A_DIFFERENCE_US = 2
const TITLES = { express: 'Express', koa: 'Koa', fastify: 'Fastify' }

/**
 * Measures the servers of these frameworks under these versions of Node, in turns: a generation of each. A framework is
 * done when the whole interval of bare against bare lies within the limit, or when the time is over.
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

/** A framework under a Node: what was measured of each contender, and how long the last of the generations took. */
function createGroup(framework, node) {
  return { framework, node, contenders: createServers(framework, node), samples: new Map(), done: 0, ms: 0 }
}

/**
 * Starts all contenders anew, and lets them take turns burst by burst: some ten milliseconds each. The speed of a shared
 * machine changes within seconds, and by half. So a change hits all contenders alike.
 */
async function measureGeneration(group, rounds) {
  const start = performance.now()
  const running = await startAll(group.contenders, group.done)
  // The first round does not count: the server that was started first has waited longest.
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

/** Whether the bare servers differ by less than the limit, and no bias between them shows. */
function isEstablished(samples) {
  const { median, low, high } = medianInterval(difference(samples, BARE_AGAIN))
  return Math.abs(median) < MAX_A_A_DIFFERENCE_US && low <= 0 && high >= 0
}

/** What a contender adds in each generation: to both bare servers, the one that is compared with bare to the other. */
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
    { title: `${title}, bare once more (A/A)`, own: added(BARE_AGAIN) },
    { title: `${title}, a request that nobody traces`, own: added(UNTRACED), beside: added(SAMPLED_OFF) },
    { title: `${title}, a request with a bad signature`, own: added(REFUSED) },
    { title: `${title}, a traced request`, own: added(TRACED), beside: added(SAMPLED_ON) },
  ]
}

function formatAddedTime(samples, name) {
  const shown = showInterval(medianInterval(difference(samples, name)), 1)
  if (isEstablished(samples)) return shown
  return name === BARE_AGAIN ? `not established: ${shown}` : 'not established'
}
