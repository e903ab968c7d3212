import * as profiler from '@osprofiler/core'

const parents = new Map()
profiler.setNotifier(({ name, trace_id, parent_id, info }) => {
  if (!name.endsWith('-start')) return
  parents.set(trace_id, info.step)
  console.log(`${info.step} in ${parents.get(parent_id) ?? 'the trace'}`)
})

await profiler.run({ hmacKey: 'KEY' }, async () => {
  // Both steps run in parallel. Each step has its own context, so the points inside it have the right parent.
  await Promise.all(
    ['a', 'b'].map(step =>
      profiler.withTrace('work', { step }, async () => {
        await new Promise(setImmediate)
        profiler.withTrace('part', { step: `part of ${step}` }, () => 42)
      }),
    ),
  )
})
