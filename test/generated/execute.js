import { compileFunction } from 'node:vm'
import { PLAIN, TRACED } from './ways.js'
import { createWorld } from './world.js'

/** How a program is executed: untraced, traced outside of any trace, or traced within a trace. */
export const EXECUTIONS = {
  plain: { ...PLAIN, enter: PLAIN.runInside, serveEnter: PLAIN.serveInside },
  outside: { ...TRACED, enter: PLAIN.runInside, serveEnter: PLAIN.serveInside },
  inside: { ...TRACED, enter: TRACED.runInside, serveEnter: TRACED.serveInside },
}

/** The names that a program's source text may use. */
const NAMES = Object.keys(createWorld(EXECUTIONS.plain).members)

/** Compiles a program's source text once for all executions. */
export function compile({ source, strict }) {
  return compileFunction(`${strict ? "'use strict'\n" : ''}${source}`, NAMES)
}

/** Executes a program, and resolves to everything that the program observed, including process events. */
export async function execute(program, ways) {
  const { members, entries, clock, state, log } = createWorld(ways)
  const listeners = {
    unhandledRejection: (reason, promise) => log('unhandledRejection', reason, promise),
    rejectionHandled: promise => log('rejectionHandled', promise),
    uncaughtException: error => log('uncaughtException', error),
  }
  for (const [event, listener] of Object.entries(listeners)) process.on(event, listener)
  await clock.run(() => {
    try {
      program(...NAMES.map(name => members[name]))
    } catch (error) {
      log('the program threw', error)
    }
  })
  for (const [event, listener] of Object.entries(listeners)) process.off(event, listener)
  state.storage?.disable()
  return { entries, leavesOpen: state.open, failures: state.failures }
}
