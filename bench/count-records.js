import { createNotifier, setNotifier } from '@osprofiler/core'
import { createExpect } from './expect-count.js'

/**
 * Gives this process a notifier with the default queue, as in production, and with a driver that only counts records.
 */
export function countRecords() {
  let records = 0
  const notifier = createNotifier({
    name: 'count',
    async write(batch) {
      records += batch.length
    },
    close: async () => {},
  })
  setNotifier(notifier)
  const expect = createExpect(
    'records',
    () => notifier.flush(),
    () => records,
  )
  return { expect }
}
