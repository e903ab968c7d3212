import { alternate } from '../alternate.js'
import { startNode, startPython } from '../child.js'
import { ratio, summarise } from '../statistics.js'
import { printTable, show } from '../table.js'
import { loadStore, STORES } from './stores.js'

/**
 * The approximate duration of each measurement. It is the same for all, because a shared machine may run a short task
 * faster than a long one.
 */
const ROUND_SECONDS = 0.5
const MIN_RECORDS = 200
const MAX_RECORDS = 100_000
const BARE_AIM_RATIO = 0.8
const PYTHON_AIM_RATIO = 20

const ROWS = [
  ['the bare client, the same batches, prepared JSON', 'bare'],
  ['the same, including the JSON', 'records'],
  ["the driver's write(), 500 records each", 'driver'],
  ['createNotifier(), from the first record to the end of flush()', 'notifier'],
  ["Python's driver, notify()", 'python'],
]

/** Measures how many records per second servers take from each driver, its bare client and Python's driver. */
export async function runStores(effort) {
  const names = effort.only ?? STORES
  for (const name of names) await runStore(name, await loadStore(name), effort)
}

async function runStore(name, store, effort) {
  const server = await store.start()
  const rows = ROWS.filter(([, way]) => way !== 'python' || server.python !== undefined)
  try {
    const samples = await alternate(
      rows.map(([, way]) => createWriter(name, way, server)),
      effort,
    )
    printTable(
      `Into ${store.title}`,
      [
        '',
        server.byCpuTime ? 'records/s of CPU time' : 'records/s',
        'ratio to the bare client',
        'ratio with JSON',
        'ratio to Python',
        `aims ${BARE_AIM_RATIO}, ${PYTHON_AIM_RATIO}`,
      ],
      rows.map(([title, way]) => toRow(title, way, samples)),
    )
    if (server.note !== undefined) console.log(`\n${server.note}`)
  } finally {
    await server.stop()
  }
}

function toRow(title, way, samples) {
  const isOurs = way === 'driver' || way === 'notifier'
  const verdicts = []
  const compare = (other, aim, words, digits) => {
    if (!samples.has(other)) return ''
    const times = ratio(samples, way, other)
    verdicts.push(`${words}${times.median >= aim ? 'met' : 'missed'}`)
    return show(times, digits)
  }
  const shares = [
    compare('bare', BARE_AIM_RATIO, ''),
    compare('records', BARE_AIM_RATIO, 'with JSON '),
    compare('python', PYTHON_AIM_RATIO, '', 1),
  ]
  return [title, summarise(samples.get(way).flat()).median.toFixed(0), ...shares, isOurs ? verdicts.join('; ') : '']
}

function createWriter(name, way, server) {
  return {
    name: way,
    async start() {
      const child =
        way === 'python'
          ? startPython('stores/python_writer.py', ...server.python)
          : startNode('stores/contender.js', name, way, server.url)
      const write = async count => {
        await server.clear()
        return await child.ask({ count })
      }
      let count = MIN_RECORDS
      // The first of these two rounds compiles code and opens connections.
      for (let round = 0; round < 2; round++) {
        const points = Math.ceil(((await write(count)).perSecond * ROUND_SECONDS) / 2)
        count = Math.min(Math.max(2 * points, MIN_RECORDS), MAX_RECORDS)
      }
      const measure = async () => (await write(count))[server.byCpuTime ? 'perCpuSecond' : 'perSecond']
      return { measure, stop: () => child.stop() }
    },
  }
}
