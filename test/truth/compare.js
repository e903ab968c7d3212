// The recorded times may differ this much from the real ones. Points have whole microseconds, and a trace's clock may
// follow a wall clock that was slightly adjusted.
const TOLERANCE_MS = 6
const LAYER_NAMES = new Set(['express', 'koa', 'fastify'])

/**
 * Returns one trace's points, by key. Framework layers are skipped, and their steps belong to the point around them.
 */
export function readPoints(records) {
  const starts = records.filter(({ name }) => name.endsWith('-start'))
  const points = new Map(starts.map(start => [start.trace_id, { start, stops: [] }]))
  for (const record of records) {
    if (record.name.endsWith('-stop')) points.get(record.trace_id)?.stops.push(record)
  }
  const parentOf = ({ start }) => {
    const parent = points.get(start.parent_id)
    return parent !== undefined && LAYER_NAMES.has(readName(parent)) ? parentOf(parent) : parent
  }
  for (const point of points.values()) point.parent = parentOf(point)
  const read = [...points.values()].filter(point => !LAYER_NAMES.has(readName(point)))
  for (const point of read) point.key = createKey(point)
  return read
}

function readName({ start }) {
  return start.name.slice(0, -'-start'.length)
}

function createKey(point) {
  const { info } = point.start
  const name = readName(point)
  if (name === 'block' || name === 'then' || name === 'row') return `${name} ${info.n}`
  if (name === 'wsgi') return `wsgi ${info.request.path}`
  if (name === 'http') return `http ${info.requests.path}`
  if (name === 'rpc') {
    const { routing_key: key } = info.amqp
    return `${info.function.name.startsWith('publish') ? 'publish' : 'consume'} ${key.slice(2)}`
  }
  if (name !== 'db') return name
  const step = /step_(\d+)/.exec(info.db.statement)
  return step === null ? `db in ${createKey(point.parent)}` : `db ${step[1]}`
}

/**
 * Compares a request's points with `truth`, the steps that the request really took. Returns a string for each
 * difference.
 */
export function comparePoints({ truth, plan }, points) {
  const faults = []
  const expected = new Map(truth.steps.filter(step => step.traced && step.recorded).map(step => [step.key, step]))
  for (const point of points) {
    if (point.key === 'wait') faults.push(...compareStops(point))
    else if (!expected.has(point.key)) faults.push(`${point.key} is recorded, but should not be`)
  }
  for (const step of expected.values()) {
    const [point, ...more] = points.filter(({ key }) => key === step.key)
    if (point === undefined) faults.push(`${step.key} is not recorded`)
    else if (more.length > 0) faults.push(`${step.key} is recorded ${more.length + 1} times`)
    else faults.push(...compareStops(point), ...compareStep(step, point))
  }
  return faults.map(fault => `request ${plan.n}: ${fault}`)
}

function compareStops(point) {
  return point.stops.length === 1 ? [] : [`${point.key} has ${point.stops.length} stops`]
}

function compareStep(step, point) {
  const faults = []
  const [stop] = point.stops
  if (point.parent?.key !== step.parent?.key)
    faults.push(`${step.key} is below ${point.parent?.key}, not ${step.parent?.key}`)
  const begun = readTime(point.start)
  if (begun < step.startedAfter - TOLERANCE_MS)
    faults.push(`${step.key} begins ${describeEarly(begun, step.startedAfter)}`)
  if (begun > step.startedBefore + TOLERANCE_MS)
    faults.push(`${step.key} begins ${describeLate(begun, step.startedBefore)}`)
  if (stop === undefined) return faults
  const ended = readTime(stop)
  if (ended < step.endedAfter - TOLERANCE_MS) faults.push(`${step.key} ends ${describeEarly(ended, step.endedAfter)}`)
  if (ended > step.endedBefore + TOLERANCE_MS) faults.push(`${step.key} ends ${describeLate(ended, step.endedBefore)}`)
  return [...faults, ...compareOutcome(step, stop.info)]
}

function compareOutcome({ key, outcome }, info) {
  const faults = []
  const { status, failed, etype, notEtype, route } = outcome
  const told = info.response?.status_code ?? info.requests?.status_code
  if (status !== undefined && told !== status) faults.push(`${key} has the status ${told}, not ${status}`)
  if (info.request?.route !== route) faults.push(`${key} has the route ${info.request?.route}, not ${route}`)
  if (status !== undefined && failed === undefined && info.etype !== undefined)
    faults.push(`${key} failed with ${info.etype}: ${info.message}`)
  if (failed === true && info.etype === undefined) faults.push(`${key} has not failed`)
  if (etype !== undefined && info.etype !== etype) faults.push(`${key} failed with ${info.etype}, not ${etype}`)
  if (notEtype !== undefined && info.etype === notEtype) faults.push(`${key} failed with ${notEtype}`)
  return faults
}

function describeEarly(time, bound) {
  return `${(bound - time).toFixed(1)} ms too early`
}

function describeLate(time, bound) {
  return `${(time - bound).toFixed(1)} ms too late`
}

/** Returns the time in epoch milliseconds with three decimals. */
function readTime({ timestamp }) {
  return Date.parse(`${timestamp.slice(0, 23)}Z`) + Number(timestamp.slice(23)) / 1000
}
