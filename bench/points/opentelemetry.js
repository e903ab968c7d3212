import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { answerTimes } from '../answer.js'
import { countSpans } from '../count-spans.js'
import { awaitOften, callOften } from './often.js'

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const { processor, expect } = countSpans()
const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('bench')
const attributes = { 'db.statement': 'SELECT name FROM products WHERE id = $1', 'db.params': '42' }
const work = value => value
const workAsync = async value => value

const traced = run => async count => {
  await tracer.startActiveSpan('root', async span => {
    await run(count)
    span.end()
  })
  await expect(count + 1)
}

answerTimes({
  startEnd: traced(
    callOften(() => {
      tracer.startSpan('point').end()
    }),
  ),
  active: traced(
    callOften(i =>
      tracer.startActiveSpan('point', span => {
        try {
          return work(i)
        } finally {
          span.end()
        }
      }),
    ),
  ),
  activeAttributes: traced(
    callOften(i =>
      tracer.startActiveSpan('point', { attributes }, span => {
        try {
          return work(i)
        } finally {
          span.end()
        }
      }),
    ),
  ),
  activeAsync: traced(
    awaitOften(i =>
      tracer.startActiveSpan('point', async span => {
        try {
          return await workAsync(i)
        } finally {
          span.end()
        }
      }),
    ),
  ),
})
