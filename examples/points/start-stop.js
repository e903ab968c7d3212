import * as profiler from '@osprofiler/core'

profiler.setNotifier(record => console.log(record.name, JSON.stringify(record.info)))

profiler.run({ hmacKey: 'KEY' }, () => {
  const outer = profiler.start('outer', { any: 'info' })
  profiler.start('inner')
  profiler.stop() // stops the newest open point: inner
  outer.stop({ more: 'info' })
})
