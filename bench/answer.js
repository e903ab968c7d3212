import { createInterface } from 'node:readline'

/** Answers each line of JSON on standard input with the result of `makeReply`, until the input ends. */
export async function answer(makeReply) {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await makeReply(JSON.parse(line)))}\n`)
  }
  process.exit()
}

/**
 * Runs the task that the first command-line argument names. Answers each `{count}` with the CPU time, in ns, that
 * `count` runs of the task took. The CPU time excludes other programs on the machine, but includes the garbage
 * collector's threads.
 */
export function answerTimes(tasks) {
  const task = tasks[process.argv[2]]
  return answer(async ({ count }) => {
    const before = process.cpuUsage()
    await task(count)
    const { user, system } = process.cpuUsage(before)
    return { ns: (user + system) * 1000 }
  })
}
