import { createChoices } from './choices.js'
import { compile, EXECUTIONS, execute } from './execute.js'
import { FAMILIES } from './families.js'
import { findRecordFault, recordExecution } from './records.js'

const CONTEXT_ENTRIES = 3
const MAX_SHOWN_ENTRIES = 5

/** Generates a program in one of the families, from fast-check's choices. */
export function generateProgram(generate, families) {
  const choices = createChoices(generate)
  const family = families[choices.below(families.length)]
  const strict = choices.below(2) === 1
  const source = FAMILIES[family](choices)
  // A point stays open if code leaves a generator unfinished, a stream unread or a promise pending.
  const leavesOpen = /function\* |\*method|\*\[|Readable|Response|original = Promise$/m.test(source)
  return { strict, leavesOpen, source }
}

/**
 * Executes a program untraced, traced outside of any trace, and traced within a trace.
 *
 * @throws Error that contains the program, and either the first steps that differ or the fault in its records
 */
export async function checkProgram(program, executions = EXECUTIONS) {
  const compiled = compile(program)
  let plain
  for (const [name, ways] of Object.entries(executions)) {
    const recorded = recordExecution(program)
    const { entries: all, leavesOpen, failures } = await execute(compiled, ways)
    const entries = cutAfterUncaught(all)
    recorded.leavesOpen = program.leavesOpen || leavesOpen
    plain ??= entries
    const fault =
      findFirstDifference(plain, entries) ?? (name === 'inside' ? findRecordFault(recorded, failures) : undefined)
    if (fault !== undefined) throw new Error(`${program.source}\n\nstrict: ${program.strict}; ${name}:\n${fault}\n`)
  }
}

/**
 * Removes the entries after an exception that nothing catches. After such an exception, Node continues its queues at
 * the process's next event. The time of this event varies even without this project, and so does the rest of the log.
 */
function cutAfterUncaught(entries) {
  const at = entries.findIndex(entry => / uncaughtException /.test(entry))
  return at < 0 ? entries : entries.slice(0, at + 1)
}

function findFirstDifference(plain, traced) {
  const length = Math.max(plain.length, traced.length)
  let at = 0
  while (at < length && plain[at] === traced[at]) at++
  if (at === length) return undefined
  return [
    ...plain.slice(Math.max(0, at - CONTEXT_ENTRIES), at).map(entry => `  ${entry}`),
    ...plain.slice(at, at + MAX_SHOWN_ENTRIES).map(entry => `- ${entry}`),
    ...traced.slice(at, at + MAX_SHOWN_ENTRIES).map(entry => `+ ${entry}`),
  ].join('\n')
}
