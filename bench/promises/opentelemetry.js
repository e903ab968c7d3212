import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { answerTimes } from '../answer.js'
import { createIdleProcessor } from '../idle-processor.js'
import { MANNERS } from './manners.js'

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const tracer = new BasicTracerProvider({ spanProcessors: [createIdleProcessor()] }).getTracer('bench')

const work = async value => {
  await undefined
  return value
}
const inSpan = value =>
  tracer.startActiveSpan('point', async span => {
    try {
      return await work(value)
    } finally {
      span.end()
    }
  })

const manner = process.argv[2]
const measure = MANNERS[manner](inSpan)

await answerTimes({
  [manner]: count =>
    tracer.startActiveSpan('root', async span => {
      await measure(count)
      span.end()
    }),
})
