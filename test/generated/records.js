import { types } from 'node:util'
import { setNotifier } from '@osprofiler/core'

/** Points that have started but not stopped, by id, each with its execution. */
const open = new Map()
let current

setNotifier(({ name, trace_id: id, info }) => {
  if (name.endsWith('-start')) {
    if (open.has(id)) current.faults.push(`a second ${name}`)
    open.set(id, { name, execution: current })
    return
  }
  const point = open.get(id)
  if (point === undefined) return current.faults.push(`${name} without a start, or a second one`)
  open.delete(id)
  point.execution.stops.push({ name, info })
})

/** Assigns the records that follow to one execution of a program. */
export function recordExecution(program) {
  current = { program, stops: [], faults: [], leavesOpen: false }
  return current
}

/**
 * Returns a fault in the records of a finished execution, as a string, or `undefined`. A point must have one start and
 * one stop. If a promise that the program awaited immediately failed, its type and message must be recorded.
 */
export function findRecordFault({ stops, faults }, failures) {
  const failed = stops.filter(({ name, info }) => name === 'awaited-stop' && info.etype !== undefined)
  if (failed.length !== failures.length)
    faults.push(`${failures.length} failures were awaited, but ${failed.length} are recorded`)
  if (failed.some(({ info }) => info.etype === 'PromiseRejected'))
    faults.push('a failure that was awaited is recorded without its reason')
  for (const error of failures.filter(isOrdinary)) {
    const told = failed.some(({ info }) => info.etype === error.constructor.name && info.message === error.message)
    if (!told) faults.push(`the failure ${error.message} is not recorded with its type and message`)
  }
  return faults[0]
}

/** Returns the points that have not stopped, each with its program. Programs that may leave points open are omitted. */
export function listOpenPoints() {
  return [...open.values()].filter(({ execution }) => !execution.leavesOpen)
}

/** Returns whether an error's class and message can be read without running the program's code. */
function isOrdinary(error) {
  if (!types.isNativeError(error) || Object.hasOwn(error, 'constructor')) return false
  const message = Object.getOwnPropertyDescriptor(error, 'message')?.value
  return [Error.prototype, RangeError.prototype].includes(Object.getPrototypeOf(error)) && message !== undefined
}
