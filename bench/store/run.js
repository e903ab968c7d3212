import { alternate } from '../alternate.js'
import { startNode } from '../child.js'
import { ratio, summarise } from '../statistics.js'
import { printTable, show } from '../table.js'

const RECORD_COUNT = 50_000
const AIM_RATIO = 0.8

const ROWS = [
  ['one statement a row, in transactions of 500', 'statement'],
  ['the same, including the JSON', 'records'],
  ["the driver's write(), 500 records each", 'driver'],
  ['createNotifier(), from the first record to the end of flush()', 'notifier'],
]

/** Measures how many records per second the embedded store takes. */
export async function runStore(effort) {
  const samples = await alternate(
    ROWS.map(([, name]) => createWriter(name)),
    effort,
  )
  printTable(
    'Into the embedded store',
    ['', 'records/s', 'ratio to the statement', 'ratio with JSON', `aim ${AIM_RATIO}`],
    ROWS.map(([title, name]) => {
      const share = ratio(samples, name, 'statement')
      const ofRecords = ratio(samples, name, 'records')
      const isOurs = name === 'driver' || name === 'notifier'
      return [
        title,
        summarise(samples.get(name).flat()).median.toFixed(0),
        show(share),
        show(ofRecords),
        isOurs
          ? `${share.median >= AIM_RATIO ? 'met' : 'missed'}; with JSON ${ofRecords.median >= AIM_RATIO ? 'met' : 'missed'}`
          : '',
      ]
    }),
  )
}

function createWriter(name) {
  return {
    name,
    async start() {
      const child = startNode('store/contender.js', name)
      const measure = async () => (await child.ask({ count: RECORD_COUNT })).perSecond
      await measure()
      return { measure, stop: () => child.stop() }
    },
  }
}
