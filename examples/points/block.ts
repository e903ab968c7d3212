import * as profiler from '@osprofiler/core'

profiler.setNotifier(record => console.log(record.name, record.info.etype ?? ''))

profiler.run({ hmacKey: 'KEY' }, () => {
  {
    using point = new profiler.Trace('render', { template: 'order' })
    console.log('in the block', point.traceId !== undefined)
  } // ends here
  {
    using point = new profiler.Trace('parse')
    try {
      JSON.parse('{')
    } catch (error) {
      point.fail(error) // ends here, with the error
    }
  }
})
