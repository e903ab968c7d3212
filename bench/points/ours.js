import * as profiler from '@osprofiler/core'
import { answerTimes } from '../answer.js'
import { countRecords } from '../count-records.js'
import { awaitOften, callOften } from './often.js'

const hmacKey = 'SECRET_KEY'
const info = { db: { statement: 'SELECT name FROM products WHERE id = $1', params: '42' } }
const work = value => value
const workAsync = async value => value

const { expect } = countRecords()

const traced = run => async count => {
  await profiler.run({ hmacKey, maxPointsPerTrace: Number.POSITIVE_INFINITY }, () => run(count))
  await expect(2 * count)
}

const tracedWork = profiler.trace('point')(work)
const tracedWorkHidden = profiler.trace('point', { hideArgs: true })(work)
const tracedWorkAsync = profiler.trace('point')(workAsync)

/** The cheapest possible proxy for a function, which works like the function when it is called, constructed or read. */
const proxyWork = new Proxy(work, { apply: (fn, self, args) => Reflect.apply(fn, self, args) })

answerTimes({
  startStop: traced(
    callOften(() => {
      profiler.start('point')
      profiler.stop()
    }),
  ),
  withTrace: traced(callOften(i => profiler.withTrace('point', () => work(i)))),
  withTraceInfo: traced(callOften(i => profiler.withTrace('point', info, () => work(i)))),
  trace: traced(callOften(tracedWork)),
  traceHidden: traced(callOften(tracedWorkHidden)),
  withTraceAsync: traced(awaitOften(i => profiler.withTrace('point', () => workAsync(i)))),
  traceAsync: traced(awaitOften(tracedWorkAsync)),
  inactive: async count => {
    for (let i = 0; i < count; i++) tracedWork(i)
  },
  proxy: async count => {
    for (let i = 0; i < count; i++) proxyWork(i)
  },
  untraced: async count => {
    for (let i = 0; i < count; i++) work(i)
  },
})
