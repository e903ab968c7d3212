import { alternate } from '../alternate.js'
import { startNode } from '../child.js'
import { ratio, summarise } from '../statistics.js'
import { printTable, show } from '../table.js'

const RECORDS = 50_000
const AIM = 0.8

const ROWS = [
  ['one statement a record, in transactions of 500', 'statement'],
  ["the driver's write(), 500 records each", 'driver'],
  ['createNotifier(), from the first record to the end of flush()', 'notifier'],
]

/** Records a second into the embedded store. */
export async function runStore(effort) {
  const samples = await alternate(
    ROWS.map(([, name]) => createWriter(name)),
    effort,
  )
  printTable(
    'Into the embedded store',
    ['', 'records/s', 'of the statement', `aim ${AIM}`],
    ROWS.map(([title, name]) => {
      const share = ratio(samples, name, 'statement')
      const verdict = share.median >= AIM ? 'met' : 'missed'
      const isReference = name === 'statement'
      return [
        title,
        summarise(samples.get(name).flat()).median.toFixed(0),
        isReference ? '' : show(share),
        isReference ? '' : verdict,
      ]
    }),
  )
}

function createWriter(name) {
  return {
    name,
    async start() {
      const child = startNode('store/contender.js', name)
      const measure = async () => (await child.ask({ count: RECORDS })).perSecond
      await measure()
      return { measure, stop: () => child.stop() }
    },
  }
}
