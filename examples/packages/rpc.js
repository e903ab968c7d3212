import { run, setNotifier, withTrace } from '@osprofiler/core'
import { injectTrace, runTraced } from '@osprofiler/rpc'

setNotifier(({ name }) => console.log(name))
const queue = []

// The sender puts the current trace into the headers.
await run({ hmacKey: 'the new key of all services' }, () =>
  withTrace('send', () => queue.push({ body: 'order 7', headers: injectTrace({}) })),
)

// The receiver's work on the message is below the sender's point.
for (const { body, headers } of queue) {
  await runTraced(headers, ['the new key of all services', 'the old key of all services'], () => console.log(body))
}
