import { run, setNotifier, withTrace } from '@osprofiler/core'
import { callOften } from '../repeat.js'

export const COUNT = 200

const INFO = { db: { statement: 'SELECT name FROM products WHERE id = $1', params: '42' } }

export function createWorkload() {
  return createPoints('point', record => record)
}

/** Creates points with details. `take` is called with each record. */
export function createPoints(name, take) {
  const callPoints = callOften(i => withTrace('db', INFO, () => i))
  return {
    [name](count) {
      let records = 0
      setNotifier(record => {
        if (take(record) !== undefined) records++
      })
      run({ hmacKey: 'SECRET_KEY', maxPointsPerTrace: Number.POSITIVE_INFINITY }, () => callPoints(count))
      if (records !== 2 * count) throw new Error(`${count} points made ${records} records`)
    },
  }
}
