import * as profiler from '@osprofiler/core'

profiler.setNotifier(record => console.log(record.name, record.info.id ?? ''))

await profiler.run({ hmacKey: 'a key that callers and services share' }, async () => {
  await profiler.withTrace('load', { id: 7 }, () => load(7))
})

async function load(id) {
  return { id }
}
