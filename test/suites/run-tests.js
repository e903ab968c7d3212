import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readResults } from './read-results.js'

const EVERYTHING_ON = join(import.meta.dirname, 'everything-on.js')
const TIME_LIMIT_MS = 15 * 60_000
const MAX_OUTPUT_CHARS = 20_000_000

/**
 * Runs a suite's tests once, with or without this project. Resolves to the results by name, the recorded points and the
 * end of the output. At most `suite.atOnce` steps run in parallel. After them, the steps marked `alone` run one by one.
 */
export async function runTests(suite, folder, isTraced) {
  const run = { results: new Map(), points: {}, output: '' }
  const steps = suite.steps(folder)
  const waiting = steps.filter(({ alone = false }) => !alone)
  const work = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift())
      await runStep(run, suite, step, folder, isTraced)
  }
  await Promise.all(Array.from({ length: suite.atOnce ?? 1 }, work))
  for (const step of steps.filter(({ alone }) => alone)) await runStep(run, suite, step, folder, isTraced)
  return run
}

async function runStep(run, { mount = 'server', preload = 'import', env = {}, node }, step, folder, isTraced) {
  const { command = node, args, cwd = folder, format = 'lines', env: ofStep = {}, label = '' } = step
  const scratch = mkdtempSync(join(tmpdir(), 'osprofiler-suites-'))
  const [resultsFile, pointsFile] = ['results', 'points'].map(name => join(scratch, name))
  const ours = {
    NODE_OPTIONS: `--${preload}=${EVERYTHING_ON}`,
    OSPROFILER_SUITES_MOUNT: mount,
    OSPROFILER_SUITES_POINTS: pointsFile,
  }
  const words = args.map(word => word.replace('{results}', resultsFile))
  const { status, printed, output, timedOut } = await spawnTests(command, words, cwd, {
    ...process.env,
    ...env,
    ...ofStep,
    ...(isTraced ? ours : {}),
    NODE_OPTIONS: [env.NODE_OPTIONS, ofStep.NODE_OPTIONS, isTraced && ours.NODE_OPTIONS].filter(Boolean).join(' '),
    OSPROFILER_SUITES_RESULTS: resultsFile,
    PATH: `${join(node, '..')}:${env.PATH ?? process.env.PATH}`,
  })
  run.output += output.slice(-100_000)
  if (format === 'printed')
    run.results.set(label, { state: status === 0 ? 'passed' : 'failed', error: output.slice(-3000) })
  for (const [name, result] of readResults(format, resultsFile, printed, folder)) {
    run.results.set(label === '' ? name : `${label}: ${name}`, result)
  }
  if (timedOut) run.results.set(`${label} (ends in time)`, { state: 'failed', error: 'Killed after the time limit' })
  addPoints(run.points, pointsFile)
  rmSync(scratch, { recursive: true, force: true })
}

/** Starts the tests in a new process group, so that all of the suite's processes can be ended together. */
function spawnTests(command, args, cwd, env) {
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    let output = ''
    let timedOut = false
    const keep = chunk => {
      output = `${output}${chunk}`.slice(-MAX_OUTPUT_CHARS)
    }
    child.stdout.setEncoding('utf8').on('data', chunk => {
      // The streams are kept separate, because a warning in the middle of a line would hide a test's name.
      printed = `${printed}${chunk}`.slice(-MAX_OUTPUT_CHARS)
      keep(chunk)
    })
    child.stderr.setEncoding('utf8').on('data', keep)
    const endGroup = () => {
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // All processes of the group have ended.
      }
    }
    const timer = setTimeout(() => {
      timedOut = true
      endGroup()
    }, TIME_LIMIT_MS)
    child.on('error', error => keep(String(error)))
    child.on('exit', () => setTimeout(endGroup, 200))
    child.on('close', status => {
      clearTimeout(timer)
      endGroup()
      resolve({ status, printed, output, timedOut })
    })
  })
}

function addPoints(points, file) {
  if (!existsSync(file)) return
  for (const name of readFileSync(file, 'utf8').split('\n')) {
    if (name !== '') points[name] = (points[name] ?? 0) + 1
  }
}
