import { once } from 'node:events'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTraceId, signedPack, withTrace } from '@osprofiler/core'
import { ROUTE } from './adapters.js'
import { takeSteps } from './steps.js'
import { beginStep, createTruth, endStep, now } from './truth.js'

const ROW_COUNT = 3
const ABORT_MS = 8
const SERVER_TIMEOUT_MS = 10

/** Handles one request to an adapter as planned, and resolves to the response. */
export async function handle(req, res, { plan, request, root }, world) {
  root.startedBefore = now()
  request.reached()
  request.headers = req.headers
  request.going.push(once(res, 'close').then(() => endStep(root)))
  if (plan.answer === 'time-out') {
    res.setTimeout(SERVER_TIMEOUT_MS)
    return { kind: 'nothing' }
  }
  const steps = takeSteps(plan.steps, root, request, world)
  request.going.push(steps)
  await steps
  if (plan.answer === 'throws') throw new Error('handler failed')
  if (plan.answer === 'destroys') {
    res.destroy()
    return { kind: 'nothing' }
  }
  if (plan.client === 'waits') root.endedAfter = now()
  const rows = () => makeRows(plan, root, request)
  return { kind: plan.answer === 'stream fails' ? 'stream' : plan.answer, rows }
}

async function* makeRows({ n, answer }, root, request) {
  let over
  request.going.push(
    new Promise(resolve => {
      over = resolve
    }),
  )
  try {
    for (let row = 0; row < ROW_COUNT; row++) {
      await sleep(1)
      const truth = beginStep(request.truth, root, `row ${n}.${row}`)
      const text = await withTrace('row', { n: `${n}.${row}` }, async () => {
        await sleep(1)
        return `row ${row}\n`
      })
      endStep(truth)
      yield text
      if (answer === 'stream fails' && row === 1) throw new Error('cursor failed')
    }
  } finally {
    over()
  }
}

/**
 * Sends one request as planned. Waits until all work that the request started has ended. The resolved `truth` lists the
 * steps that the request really took.
 */
export async function sendRequest(port, plan, world, hmacKey) {
  const truth = createTruth(plan.signed)
  const baseId = createTraceId()
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: baseId }, hmacKey)
  const headers = plan.signed ? { 'x-trace-info': info, 'x-trace-hmac': hmac } : {}
  const path = `/request/${plan.n}`
  const leaves = plan.client === 'leaves'
  const outcome = { ...(leaves ? {} : OUTCOMES[plan.answer]), route: ROUTE }
  const root = beginStep(truth, undefined, `wsgi ${path}`, { outcome })
  const request = { truth, going: [], headers: {}, reached: () => {} }
  const reached = new Promise(resolve => {
    request.reached = resolve
  })
  world.requests.set(path, { plan, request, root })
  await ask(`http://127.0.0.1:${port}${path}`, headers, leaves ? reached : new Promise(() => {}))
  // Work that is still running may start more work.
  for (const going of request.going) await going.catch(() => {})
  return { baseId, plan, truth }
}

const OUTCOMES = {
  json: { status: 200 },
  stream: { status: 200 },
  'web stream': { status: 200 },
  throws: { status: 500, failed: true, etype: 'Error' },
  'stream fails': { failed: true, notEtype: 'ClientDisconnected' },
  'time-out': { failed: true, notEtype: 'ClientDisconnected' },
  destroys: { failed: true, notEtype: 'ClientDisconnected' },
}

/**
 * Sends a request over a new connection, which ends with the request. The client disconnects soon after `leaves`
 * resolves.
 */
function ask(url, headers, leaves) {
  return new Promise(resolve => {
    const request = http.get(url, { headers, agent: false }, answer => {
      answer.on('error', resolve).on('close', resolve).resume()
    })
    request.on('error', resolve)
    leaves.then(() => setTimeout(() => request.destroy(), ABORT_MS))
  })
}
