import { setTimeout as sleep } from 'node:timers/promises'
import { trace, withTrace } from '@osprofiler/core'
import { call } from './calls.js'
import { mysqlQuery, pgQuery, redisCommand } from './databases.js'
import { publish } from './messages.js'
import { beginStep, endStep, now } from './truth.js'

/**
 * Executes a plan's steps, one after another, below the step `parent`. `world` contains the databases and other
 * systems. `request` contains `truth` (the list of the steps that the request really takes), its headers, and the list
 * of work that continues after its handler.
 */
export async function takeSteps(steps, parent, request, world) {
  for (const step of steps) await takeStep(step, parent, request, world)
}

const STEP_FUNCTIONS = {
  block,
  callback,
  parallel,
  call: callTraced,
  amqp: publishMessage,
  pg: query(pgQuery),
  mysql: query(mysqlQuery),
  redis,
}

function takeStep(step, parent, request, world) {
  return STEP_FUNCTIONS[step.kind](step, parent, request, world)
}

/** Waits for a step inside the block that began it, outside of that block, or not at all. */
async function withBlock(step, parent, request, work) {
  const { n, wait = 'inside' } = step
  const truth = beginStep(request.truth, parent, `block ${n}`)
  const { going } = await withTrace('block', { n }, async () => {
    truth.startedBefore = now()
    const going = work(truth)
    request.going.push(going)
    if (wait === 'inside') await going
    return { going }
  })
  endStep(truth)
  if (wait === 'further out') await going
}

function block(step, parent, request, world) {
  return withBlock(step, parent, request, async truth => {
    await sleep(step.ms)
    await takeSteps(step.steps, truth, request, world)
  })
}

/**
 * Traces a function that takes a callback. The function's point ends when the function returns, but later work of the
 * function is still below the point.
 */
function callback(step, parent, request, world) {
  const name = `callback-${step.n}`
  const truth = beginStep(request.truth, parent, name)
  return new Promise((resolve, reject) => {
    const work = trace(name)(done => {
      setTimeout(() => takeSteps(step.steps, truth, request, world).then(() => done(), done), step.ms)
    })
    work(error => (error ? reject(error) : resolve()))
    endStep(truth)
  })
}

async function parallel(step, parent, request, world) {
  await Promise.all(step.steps.map(one => takeStep(one, parent, request, world)))
}

function callTraced(step, parent, request, world) {
  return withBlock(step, parent, request, truth => call(step, truth, request, world))
}

function publishMessage(step, parent, request, world) {
  return withBlock(step, parent, request, truth => publish(step, truth, request, world))
}

function query(run) {
  return (step, parent, request, world) => run(step, parent, request, world)
}

function redis(step, parent, request, world) {
  return withBlock(step, parent, request, truth => redisCommand(step, truth, request, world))
}
