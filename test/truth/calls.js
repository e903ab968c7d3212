import http from 'node:http'
import { request as undiciRequest } from 'undici'
import { beginStep, endStep } from './truth.js'

const CLIENT_TIMEOUT_MS = 15

/**
 * Calls the backend with one of the clients. The backend executes the steps of the call, and the plan decides the
 * call's outcome.
 */
export async function call(step, parent, request, world) {
  if (step.outcome !== 'retry') return callOnce(step, parent, request, world, step.outcome)
  await callOnce({ ...step, steps: [] }, parent, request, world, 'status')
  await callOnce(step, parent, request, world, 'ok')
}

async function callOnce(step, parent, request, world, outcome) {
  const path = `/call/${step.n}/${outcome}`
  const failed = outcome === 'timeout' || outcome === 'reset'
  const truth = beginStep(request.truth, parent, `http ${path}`, {
    outcome: failed ? { failed: true } : { status: outcome === 'status' ? 503 : 200 },
  })
  const served = { step, outcome, parent: step.allowed ? truth : undefined, request }
  if (!step.allowed) served.request = { ...request, truth: world.noTruth, headers: {} }
  world.calls.set(path, { ...served, call: truth, headers: undefined })
  // Trace headers may be sent to 127.0.0.1, but not to localhost.
  const url = `http://${step.allowed ? '127.0.0.1' : 'localhost'}:${world.backendPort}${path}`
  const headers = step.copies ? copyHeaders(request.headers) : {}
  const signal = outcome === 'timeout' ? AbortSignal.timeout(CLIENT_TIMEOUT_MS) : undefined
  try {
    await CLIENTS[step.by](url, headers, signal)
  } catch (error) {
    if (!failed) throw error
  }
  // The end of an aborted request is not known here. A request without a connection ends only when undici processes the
  // abort.
  if (outcome !== 'timeout') endStep(truth)
}

/** Copies headers like a simple gateway: includes the caller's trace, and omits connection-specific headers. */
function copyHeaders(headers) {
  const { host, connection, 'content-length': length, 'transfer-encoding': encoding, ...rest } = headers
  return rest
}

const CLIENTS = {
  async fetch(url, headers, signal) {
    const answer = await fetch(url, { headers, signal })
    await answer.text()
  },
  http(url, headers, signal) {
    return new Promise((resolve, reject) => {
      const request = http.get(url, { headers, signal }, answer => {
        answer.on('error', reject).on('end', resolve).resume()
      })
      request.on('error', reject)
    })
  },
  async undici(url, headers, signal) {
    const { body } = await undiciRequest(url, { headers, signal })
    await body.text()
  },
}
