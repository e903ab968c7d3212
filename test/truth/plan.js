import { createChoices } from '../generated/choices.js'

const SLEEPS_MS = [2, 5, 12, 25]
const MAX_STEPS = 9
const MAX_DEPTH = 3

/**
 * Makes the plan for one request from fast-check's choices: the handler's steps, its response, and the client's
 * behavior. Each step has its own number, which identifies its points.
 */
export function makePlan(generate, numbers) {
  const { below, one } = createChoices(generate)
  let left = MAX_STEPS

  function steps(depth) {
    const made = []
    for (let count = 1 + below(3); count > 0 && left > 0; count--) made.push(step(depth))
    return made
  }

  function step(depth) {
    left--
    const common = { n: numbers(), ms: SLEEPS_MS[below(SLEEPS_MS.length)] }
    const leaf = () =>
      one(
        () => ({ ...common, kind: 'block', steps: [] }),
        () => ({
          ...common,
          kind: 'pg',
          style: one('promise', 'callback', 'client', 'cursor', 'stream'),
          follows: below(2) === 1,
        }),
        () => ({ ...common, kind: 'mysql', style: one('promise', 'callback', 'stream'), follows: below(2) === 1 }),
        () => ({ ...common, kind: 'redis', style: one('promise', 'callback', 'pipeline') }),
      )
    if (depth >= MAX_DEPTH) return leaf()
    return one(
      leaf,
      () => ({ ...common, kind: 'block', wait: one('inside', 'further out', 'not'), steps: steps(depth + 1) }),
      () => ({ ...common, kind: 'callback', steps: steps(depth + 1) }),
      () => ({ ...common, kind: 'parallel', steps: steps(depth + 1) }),
      () => call(common, depth),
      () => call(common, depth),
      () => ({ ...common, kind: 'amqp', wait: one('inside', 'not'), steps: steps(depth + 2) }),
    )
  }

  function call(common, depth) {
    return {
      ...common,
      kind: 'call',
      by: one('fetch', 'http', 'undici'),
      wait: one('inside', 'further out', 'not'),
      copies: below(3) === 0,
      allowed: below(4) > 0,
      outcome: one('ok', 'ok', 'ok', 'status', 'retry', 'timeout', 'reset'),
      steps: steps(depth + 2),
    }
  }

  return {
    n: numbers(),
    signed: below(5) > 0,
    steps: steps(0),
    answer: one('json', 'json', 'stream', 'web stream', 'throws', 'stream fails', 'time-out', 'destroys'),
    client: one('waits', 'waits', 'waits', 'waits', 'leaves'),
  }
}
