// What an `await` that has nothing to do with tracing costs in a process, by what is traced there meanwhile.

import { setTimeout as sleep } from 'node:timers/promises'
import { run, setNotifier, trace } from '@osprofiler/core'
import { answerTimes } from '../answer.js'

setNotifier(() => {})

const hmacKey = 'SECRET_KEY'
const never = () => new Promise(() => {})

/** What is traced while the awaits are measured. Each process measures one. */
const MEANWHILE = {
  nothing() {},
  /** A trace that has not ended, whose promises are all handled: the context is in use, and no promise is followed. */
  trace() {
    run({ hmacKey }, never).catch(() => {})
  },
  /** A traced promise that is pending, and that nobody handles. */
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
