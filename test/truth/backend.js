import { once } from 'node:events'
import http from 'node:http'
import { createRequestTracer } from '@osprofiler/core/http'
import { takeSteps } from './steps.js'
import { beginStep, endStep, now } from './truth.js'

const LATE_ANSWER_MS = 40

/**
 * Starts the service that receives the calls. The service executes the steps of a call, and answers or does not answer,
 * as planned.
 */
export async function startBackend(world, hmacKey) {
  const tracer = createRequestTracer(hmacKey, { maxTracesPerSecond: 1e9 })
  const server = http.createServer((req, res) => tracer.serve(req, res, () => serve(req, res, world)))
  server.listen(0)
  await once(server, 'listening')
  return server
}

async function serve(req, res, world) {
  const { step, outcome, parent, request, call } = world.calls.get(req.url)
  world.calls.delete(req.url)
  call.startedBefore = now()
  if (!step.allowed && req.headers['x-trace-info'] !== undefined) world.faults.push(`${req.url} received trace headers`)
  const truth = beginStep(request.truth, parent, `wsgi ${req.url}`, { outcome: OUTCOMES[outcome] })
  // The point begins before the handler runs, and after the start of the call that the handler serves.
  truth.startedAfter = call.startedAfter
  const over = once(res, 'close').then(() => {
    endStep(truth)
    // The response had been sent before the server could see that the client had disconnected.
    if (outcome === 'timeout' && res.writableFinished) truth.outcome = { status: 200 }
  })
  request.going.push(over)
  if (outcome === 'reset') return void req.socket.destroy()
  if (outcome === 'timeout') return void setTimeout(() => res.end('late'), LATE_ANSWER_MS)
  const inside = { ...request, headers: req.headers }
  const steps = takeSteps(step.steps, truth, inside, world)
  request.going.push(steps)
  await steps
  call.endedAfter = now()
  res.statusCode = outcome === 'status' ? 503 : 200
  res.end('answer')
}

const OUTCOMES = {
  ok: { status: 200 },
  status: { status: 503 },
  timeout: { failed: true, etype: 'ClientDisconnected' },
  reset: { failed: true, notEtype: 'ClientDisconnected' },
}
