// Runs other projects' test suites in two ways: with every request signed and every instrument on, and without this
// project as a control.
//
//   node test/suites/run.js <folder> [suite ...] [--runs=2] [--only=control|with-us] [--add] [--install] [--results=folder]
//
// <folder> contains a checkout for each suite, named as in `suites.js`. `--install` installs the suites' dependencies.
// The two types of runs are compared by test name. `--only` runs one type and reads the other from earlier results.
// `--add` keeps the earlier runs of the type that is run. A test whose result differs among the control runs is
// unsteady, and does not count.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compareRuns, describeRow } from './compare-runs.js'
import { openRuns } from './keep-runs.js'
import { runTests } from './run-tests.js'
import { startServers } from './servers.js'
import { SUITES } from './suites.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '2' },
    only: { type: 'string' },
    add: { type: 'boolean', default: false },
    install: { type: 'boolean', default: false },
    results: { type: 'string', default: join(tmpdir(), 'osprofiler-suites') },
  },
})
const [checkouts, ...names] = positionals
const unknown = names.filter(name => !SUITES.some(suite => suite.name === name))
if (checkouts === undefined || unknown.length > 0) {
  console.error(
    `Usage: node test/suites/run.js <folder with checkouts> [suite ...]\nSuites: ${SUITES.map(({ name }) => name).join(' ')}`,
  )
  process.exit(2)
}

for (const suite of SUITES.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const folder = resolve(checkouts, suite.place)
  if (!existsSync(folder)) console.log(`${suite.name}: no checkout of github.com/${suite.repository} at ${folder}`)
  else await runSuite(suite, folder)
}

async function runSuite(suite, folder) {
  const node = findNode(suite.node)
  if (values.install) install(suite, folder, node)
  const runs = openRuns(values.results, suite)
  const kinds = ['control', 'with-us'].filter(kind => values.only === undefined || values.only === kind)
  if (!values.add) for (const kind of kinds) runs.clear(kind)
  for (let run = 0; run < Number(values.runs); run++) {
    for (const kind of kinds) runs.keep(kind, await runOnce(suite, folder, node, kind))
  }
  const comparison = compareRuns(runs.read('control'), runs.read('with-us'))
  const version = execFileSync('git', ['describe', '--tags', '--always'], { cwd: folder, encoding: 'utf8' }).trim()
  console.log(describeRow(suite.name, version, comparison))
  runs.report({ suite: suite.name, version, ...comparison })
}

/** Runs a suite once with new servers, so that the next run does not find data from this run. */
async function runOnce(suite, folder, node, kind) {
  const servers = await startServers(suite.servers)
  const started = performance.now()
  try {
    const run = await runTests({ ...suite, env: { ...suite.env, ...servers.env }, node }, folder, kind === 'with-us')
    const seconds = Math.round((performance.now() - started) / 1000)
    console.log(`${suite.name} ${kind}: ${run.results.size} tests in ${seconds} s`)
    return run
  } finally {
    await servers.stop()
  }
}

function install({ install: commands, prepare, revision }, folder, node) {
  const env = { ...process.env, HUSKY: '0', PATH: `${join(node, '..')}:${process.env.PATH}` }
  const checkout = revision === undefined ? [] : [['git', 'checkout', '-q', revision]]
  for (const [command, ...args] of [...checkout, ...commands, ...prepare]) {
    const { status } = spawnSync(command, args, { cwd: folder, env, stdio: 'inherit' })
    if (status !== 0) console.log(`${command} ${args.join(' ')} failed in ${folder}`)
  }
}

/** Returns the path of another version of Node, from the npm registry. */
function findNode(version) {
  if (version === undefined || process.versions.node.startsWith(`${version}.`)) return process.execPath
  const print = ['-y', `--package=node@${version}`, '--', 'node', '-p', 'process.execPath']
  return execFileSync('npx', print, { cwd: tmpdir(), encoding: 'utf8' }).trim()
}
