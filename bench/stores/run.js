import { alternate } from '../alternate.js'
import { startNode, startPython } from '../child.js'
import { ratio, summarise } from '../statistics.js'
import { printTable, show } from '../table.js'
import { STORES } from './stores.js'

/** What each measurement takes, about: a machine that is shared may grant a short effort more than a long one. */
const SECONDS = 0.5
const FEWEST_RECORDS = 200
const MOST_RECORDS = 100_000
const AIM_OF_BARE = 0.8
const AIM_OF_PYTHON = 20

const ROWS = [
  ['the bare client, the same batches, texts at hand', 'bare'],
  ['the same, from records: with their JSON', 'records'],
  ["the driver's write(), 500 records each", 'driver'],
  ['createNotifier(), from the first record to the end of flush()', 'notifier'],
  ["Python's driver, notify()", 'python'],
]

/** Records a second into servers, by each driver, its bare client and Python's driver, on the same server. */
export async function runStores(effort) {
  for (const [name, store] of STORES) await runStore(name, store, effort)
}

async function runStore(name, store, effort) {
  const server = await store.start()
  try {
    const samples = await alternate(
      ROWS.map(([, way]) => createWriter(name, store, way, server)),
      effort,
    )
    printTable(
      `Into ${store.title}`,
      [
        '',
        'records/s',
        'of the bare client',
        'of it with JSON',
        'times Python',
        `aims ${AIM_OF_BARE}, ${AIM_OF_PYTHON}`,
      ],
      ROWS.map(([title, way]) => toRow(title, way, samples)),
    )
  } finally {
    await server.stop()
  }
}

function toRow(title, way, samples) {
  const [ofBare, ofRecords, ofPython] = ['bare', 'records', 'python'].map(other => ratio(samples, way, other))
  const word = (value, aim) => (value >= aim ? 'met' : 'missed')
  const words = `${word(ofBare.median, AIM_OF_BARE)}; with JSON ${word(ofRecords.median, AIM_OF_BARE)}; ${word(ofPython.median, AIM_OF_PYTHON)}`
  return [
    title,
    summarise(samples.get(way).flat()).median.toFixed(0),
    show(ofBare),
    show(ofRecords),
    show(ofPython, 1),
    way === 'driver' || way === 'notifier' ? words : '',
  ]
}

function createWriter(name, store, way, server) {
  return {
    name: way,
    async start() {
      const isPython = way === 'python'
      const child = isPython
        ? startPython('stores/python_writer.py', store.python, server.url)
        : startNode('stores/contender.js', name, way, server.url)
      const write = async count => {
        await server.clear()
        return (await child.ask({ count })).perSecond
      }
      let count = FEWEST_RECORDS
      // Twice: the first time, much is compiled and connected.
      for (let round = 0; round < 2; round++) {
        const perSecond = await write(count)
        count = Math.min(Math.max(Math.ceil(perSecond * SECONDS), FEWEST_RECORDS), MOST_RECORDS)
      }
      const measure = () => write(count)
      return { measure, stop: () => child.stop() }
    },
  }
}
