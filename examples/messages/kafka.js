import { withTrace } from '@osprofiler/core'
import { injectTrace, runTraced } from '@osprofiler/rpc'

export function send(producer, topic, messages) {
  return withTrace('rpc', { function: { name: `publish ${topic}` } }, () =>
    producer.send({
      topic,
      messages: messages.map(message => ({ ...message, headers: injectTrace({ ...message.headers }) })),
    }),
  )
}

export function run(consumer, handle) {
  return consumer.run({
    eachMessage: payload =>
      runTraced(payload.message.headers, undefined, () => handle(payload), {
        functionName: `consume ${payload.topic}`,
      }),
  })
}
