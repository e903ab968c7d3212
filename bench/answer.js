import { createInterface } from 'node:readline'

/** Answers each line of standard input, JSON, with what `answer` makes of it, until the input ends. */
export async function answer(makeReply) {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await makeReply(JSON.parse(line)))}\n`)
  }
  process.exit()
}

/**
 * Answers `{count}` with the CPU time, in ns, that `tasks[name]` took to do its work so often. CPU time, not the
 * clock's: neighbours on the machine do not count, and the collector's own threads do.
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
