import { createNotifier, setNotifier } from '@osprofiler/core'
import { createExpect } from './expect-count.js'

/** Sets the notifier of this process: our queue with its defaults, as in production, and a driver that counts. */
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
