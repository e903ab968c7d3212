import { createNotifier, setNotifier } from '@osprofiler/core'
import { createExpect } from './expect-count.js'

/** Sets this process's notifier to our queue with its defaults, as in production, and a driver that counts records. */
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
