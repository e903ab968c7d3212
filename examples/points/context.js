import { EventEmitter } from 'node:events'
import * as profiler from '@osprofiler/core'

profiler.setNotifier(record => console.log(record.name))
const bus = new EventEmitter()

profiler.run({ hmacKey: 'KEY' }, () => {
  // A bound callback keeps this context, whichever code calls it.
  bus.on(
    'message',
    profiler.bind(() => profiler.withTrace('message', () => 'seen')),
  )
  // Code inside suppress() is not traced, nor is anything that it starts.
  profiler.suppress(() => profiler.withTrace('secret', () => 'unseen'))
})

console.log(profiler.get()) // outside, nothing is active
bus.emit('message')
