// Runs the command many times in one process, so that its hundreds of modules are loaded only once. A command that
// calls exit() ends this process, the host.
// A message requests one command: { args, env, cwd, mark }. The host waits until the command has left no timer, socket
// or other resource that keeps a process alive. Then the host writes the mark to standard output and standard error,
// and sends a message with the exit code.

import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const EVENTS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'beforeExit', 'exit', 'warning', 'uncaughtException']
const POLL_INTERVAL_MS = 1

// OSProfiler looks for a store's client package from the main file, so the main file must be the installed command.
const COMMAND = fileURLToPath(new URL('dist/osprofiler.js', import.meta.resolve('osprofiler/package.json')))
process.argv[1] = COMMAND
const { main } = await import('osprofiler')

process.on('disconnect', () => process.exit())
process.on('message', request => void run(request))

async function run({ args, env, cwd, mark }) {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
  Object.assign(process.env, env)
  process.chdir(cwd)
  const emitters = [process, process.stdout, process.stderr]
  const before = emitters.map(listListeners)
  const alive = countActiveResources()
  await main([process.execPath, COMMAND, ...args])
  while (!hasNoMoreThan(countActiveResources(), alive)) await delay(POLL_INTERVAL_MS)
  const code = process.exitCode ?? 0
  process.exitCode = undefined
  for (const [index, emitter] of emitters.entries()) removeNewListeners(emitter, before[index])
  for (const stream of [process.stdout, process.stderr]) await new Promise(resolve => stream.write(mark, resolve))
  process.send({ code })
}

/** Returns how many active resources of each type keep the process alive. */
function countActiveResources() {
  const counts = new Map()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

function hasNoMoreThan(counts, before) {
  return [...counts].every(([kind, count]) => count <= (before.get(kind) ?? 0))
}

function listListeners(emitter) {
  const names = emitter === process ? EVENTS : ['error', 'drain', 'resize']
  return new Map(names.map(name => [name, emitter.rawListeners(name)]))
}

function removeNewListeners(emitter, before) {
  for (const [name, known] of before) {
    for (const listener of emitter.rawListeners(name)) if (!known.includes(listener)) emitter.off(name, listener)
  }
}
