import * as profiler from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'

const driver = openDriver('sqlite:///traces.db') // in the working folder
const notifier = profiler.createNotifier(driver)
profiler.setNotifier(notifier)

// Write records.
await profiler.run({ hmacKey: 'a key that callers and services share' }, () => profiler.withTrace('work', () => 42))
await notifier.close()

// Read records. A write-only store has neither `listTraces` nor `readRecords`.
for (const { base_id } of (await driver.listTraces?.({ limit: 10 })) ?? []) {
  for await (const records of driver.readRecords?.(base_id) ?? []) console.log(records)
}
await driver.close()
