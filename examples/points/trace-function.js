import * as profiler from '@osprofiler/core'

profiler.setNotifier(record => console.log(record.name, JSON.stringify(record.info.function)))

const charge = profiler.trace('payment', { hideResult: false })(async function charge(customer, _password) {
  return `${customer} paid`
})

await charge('bob', 'hunter2') // no profiler is active: nothing is recorded
await profiler.run({ hmacKey: 'KEY' }, () => charge('bob', 'hunter2'))
