import { EventEmitter } from 'node:events'
import * as profiler from '@osprofiler/core'

profiler.setNotifier(record => console.log(record.name))
const bus = new EventEmitter()

profiler.run({ hmacKey: 'KEY' }, () => {
  // A callback that is called from elsewhere keeps this context when it is bound to it.
  bus.on(
    'message',
    profiler.bind(() => profiler.withTrace('message', () => 'seen')),
  )
  // What runs in suppress() is not traced, nor is anything that it starts.
  profiler.suppress(() => profiler.withTrace('secret', () => 'unseen'))
})

console.log(profiler.get()) // outside, nothing is active
bus.emit('message')
