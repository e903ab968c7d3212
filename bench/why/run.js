import { loadavg } from 'node:os'
import { startNode } from '../child.js'
import { readCpuTime } from '../servers/cpu-time.js'
import { openLoad } from '../servers/load.js'
import { createPlainRequests } from '../servers/requests.js'
import { summarise } from '../statistics.js'
import { printTable, show } from '../table.js'

const HEAPS_MB = [10, 50, 100, 200, 400]
/**
 * The number of requests is small enough to send all of them in ten seconds, after which the recording of an account
 * ends at the latest.
 */
const REQUEST_COUNT = 4_000
const SIGNED_COUNT = 20
const LEVELS = ['waits', 'cpu']
/** A trace is open in each phase. The phases differ only in the account. */
const PHASES = [
  ['without an account', undefined],
  ['during an account of the level waits', 'waits'],
  ['after the account of the level waits', undefined],
  ['during an account of the level cpu', 'cpu'],
  ['after the account of the level cpu', undefined],
]

/**
 * Measures what an account costs: the pause at its start, and the time that it adds to other requests of a busy server
 * and to its own request.
 */
export async function runWhy({ generations, rounds }) {
  const pauses = new Map()
  const phases = new Map(PHASES.map(([name]) => [name, []]))
  const signed = new Map([undefined, ...LEVELS].map(level => [level, []]))
  for (let generation = 0; generation < generations; generation++) {
    await measurePauses(rounds, pauses)
    await measureOthers(rounds, phases)
    await measureSigned(rounds, signed)
  }
  const where = `on Node ${process.versions.node}, at a load of ${loadavg()[0].toFixed(0)}`
  printTable(
    `The pause at the start of an account, ${where}`,
    [
      'size of the heap, MB',
      'level waits: elapsed ms',
      'level cpu: elapsed ms',
      'level cpu: ms of CPU time',
      'ms of CPU time for each MB above 10 MB',
    ],
    [...pauses].map(([heap, { waits, cpu }], row) => [
      heap,
      show(summarise(waits.map(({ ms }) => ms)), 1),
      show(summarise(cpu.map(({ ms }) => ms)), 0),
      show(summarise(cpu.map(({ cpuMs }) => cpuMs)), 0),
      row === 0 ? '' : (growth(pauses, cpu) / (heap - HEAPS_MB[0])).toFixed(2),
    ]),
  )
  const [before = []] = phases.values()
  printTable(
    `Other requests of a busy server, each with 100 awaits, ${where}`,
    ['', 'CPU time per request, us', 'ratio to the first row'],
    [...phases].map(([name, us]) => [
      name,
      show(summarise(us), 0),
      show(summarise(us.map((each, at) => each / before[at]))),
    ]),
  )
  const bare = signed.get(undefined)
  printTable(
    `The traced request itself, with 100 awaits, until its account is recorded, ${where}`,
    ['', 'CPU time, us', 'ratio to the first row'],
    [...signed].map(([level, us]) => [
      level === undefined ? 'without an account' : `with an account of the level ${level}`,
      show(summarise(us), 0),
      show(summarise(us.map((each, at) => each / bare[at]))),
    ]),
  )
}

function growth(pauses, cpu) {
  const [{ cpu: smallest }] = pauses.values()
  const medianOf = pausesOfHeap => summarise(pausesOfHeap.map(({ cpuMs }) => cpuMs)).median
  return medianOf(cpu) - medianOf(smallest)
}

async function measurePauses(rounds, pauses) {
  const child = startNode('why/contender.js')
  for (const heap of HEAPS_MB) {
    await child.ask({ heap })
    if (!pauses.has(heap)) pauses.set(heap, { waits: [], cpu: [] })
    for (let round = 0; round <= rounds; round++) {
      for (const level of round % 2 === 0 ? LEVELS : LEVELS.toReversed()) {
        const pause = await child.ask({ pause: level })
        if (pause.level !== level) throw new Error(`The account has the level ${pause.level}, not ${level}`)
        // The first account does not count, because it loads the inspector.
        if (round > 0) pauses.get(heap)[level].push(pause)
      }
    }
  }
  await child.stop()
}

async function measureOthers(rounds, phases) {
  const child = startNode('why/contender.js')
  const load = await openLoad((await child.ask({})).port)
  const plain = createPlainRequests(REQUEST_COUNT)
  for (let count = 0; count < 3; count++) await load.send(plain, { pause: false })
  for (let round = 0; round <= rounds; round++) {
    for (const [name, why] of PHASES) {
      await child.ask({ open: true, why })
      const before = readCpuTime(child.pid)
      await load.send(plain, { pause: false })
      if (round > 0) phases.get(name).push((readCpuTime(child.pid) - before) / REQUEST_COUNT)
      await child.ask({ close: true })
    }
  }
  load.close()
  await child.stop()
}

async function measureSigned(rounds, signed) {
  const child = startNode('why/contender.js')
  for (let round = 0; round <= rounds; round++) {
    for (const [why, values] of round % 2 === 0 ? signed : [...signed].toReversed()) {
      const { us } = await child.ask({ requests: SIGNED_COUNT, why })
      if (round > 0) values.push(us)
    }
  }
  await child.stop()
}
