import * as profiler from '@osprofiler/core'

profiler.setNotifier(record => console.log(record.name, JSON.stringify(record.info)))

profiler.run({ hmacKey: 'KEY' }, () => {
  const outer = profiler.start('outer', { any: 'info' })
  profiler.start('inner')
  profiler.stop() // the newest open one: inner
  outer.stop({ more: 'info' })
})
