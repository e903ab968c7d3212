import { run, trace, withTrace } from '@osprofiler/core'
import { answerTimes } from '../answer.js'
import { countRecords } from '../count-records.js'
import { CALL_PATTERNS } from './manners.js'

const { expect } = countRecords()

const work = async value => {
  await undefined
  return value
}
const tracedWork = trace('point', { hideArgs: true })(work)
const CALLS = { bare: work, trace: tracedWork, withTrace: value => withTrace('point', () => work(value)) }

const [way, manner] = process.argv[2].split('/')
const measure = CALL_PATTERNS[manner](CALLS[way])
const options = { hmacKey: 'SECRET_KEY', maxPointsPerTrace: Number.POSITIVE_INFINITY }

await answerTimes({
  // The promise of the whole trace is handled immediately, so that only the promises that the calls return are
  // followed.
  async [process.argv[2]](count) {
    if (way === 'bare') return measure(count)
    await run(options, () => measure(count))
    await expect(2 * count)
  },
})
