import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { answerTimes } from '../answer.js'
import { countSpans } from '../count-spans.js'
import { CALL_PATTERNS } from './manners.js'

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const { processor, expect } = countSpans()
const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('bench')

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
const measure = CALL_PATTERNS[manner](inSpan)

await answerTimes({
  async [manner](count) {
    await tracer.startActiveSpan('root', async span => {
      await measure(count)
      span.end()
    })
    await expect(count + 1)
  },
})
