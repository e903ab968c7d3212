import { setImmediate as nextTurn } from 'node:timers/promises'
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

const POINTS_PER_REQUEST = 20
const STACK_DEPTH = 30

/** Runs requests of 20 points each, on a stack as deep as in a server. `count` is the number of points. */
const requests = options => async count => {
  for (let made = 0; made < count; made += POINTS_PER_REQUEST) {
    profiler.run({ hmacKey, ...options }, () => deepen(STACK_DEPTH, makePoints))
    await nextTurn()
  }
  await expect(2 * POINTS_PER_REQUEST * Math.ceil(count / POINTS_PER_REQUEST))
}

function makePoints() {
  for (let i = 0; i < POINTS_PER_REQUEST; i++) profiler.withTrace('db', info, () => work(i))
}

function readStacks() {
  for (let i = 0; i < POINTS_PER_REQUEST; i++) readStack()
}

function deepen(depth, fn) {
  return depth === 0 ? fn() : deepen(depth - 1, fn)
}

/**
 * Does the least work that finds the line of a call: reads a stack of up to 50 frames, and the file and line of the
 * innermost frame.
 */
function readStack() {
  const { stackTraceLimit, prepareStackTrace } = Error
  Error.stackTraceLimit = 50
  Error.prepareStackTrace = (_, [frame]) => `${frame.getFileName()}:${frame.getLineNumber()}`
  const holder = {}
  Error.captureStackTrace(holder)
  const place = holder.stack
  Error.stackTraceLimit = stackTraceLimit
  Error.prepareStackTrace = prepareStackTrace
  return place
}

const tracedWork = profiler.trace('point')(work)
const tracedWorkHidden = profiler.trace('point', { hideArgs: true })(work)
const tracedWorkAsync = profiler.trace('point')(workAsync)

/** The cheapest proxy that can be called, constructed and read like the function that it wraps. */
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
  withCode: requests({ code: true }),
  withoutCode: requests({}),
  stacks: async count => {
    for (let made = 0; made < count; made += POINTS_PER_REQUEST) {
      deepen(STACK_DEPTH, readStacks)
      await nextTurn()
    }
  },
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
