// Measures an `await` that is unrelated to tracing, while the process traces something else or nothing.

import { setTimeout as sleep } from 'node:timers/promises'
import v8 from 'node:v8'
import { run, setNotifier, trace } from '@osprofiler/core'
import { answerTimes } from '../answer.js'

setNotifier(() => {})

const hmacKey = 'SECRET_KEY'
const never = () => new Promise(() => {})

/** What the process traces while the awaits are measured. Each process uses one of these functions. */
const MEANWHILE = {
  nothing() {},
  /**
   * Starts a trace that does not end and whose promises are all handled. So the async context is on, but no promise is
   * followed until it settles.
   */
  trace() {
    run({ hmacKey }, never).catch(() => {})
  },
  /** Like `trace`, but with empty promise hooks, which is the lowest possible cost of hooks. */
  hooks() {
    run({ hmacKey }, never).catch(() => {})
    v8.promiseHooks.createHook({ init() {}, settled() {} })
  },
  /** Starts a traced promise that stays pending and that no code handles. */
  promise() {
    run({ hmacKey }, never).catch(() => {})
    run({ hmacKey }, () => void trace('pending')(never)())
  },
}

const [kind, meanwhile] = process.argv[2].split('/')
const called = async value => value
MEANWHILE[meanwhile]()
await sleep(20)

const KINDS = {
  value: async count => {
    for (let i = 0; i < count; i++) await i
  },
  call: async count => {
    for (let i = 0; i < count; i++) await called(i)
  },
}

await answerTimes({ [process.argv[2]]: KINDS[kind] })
