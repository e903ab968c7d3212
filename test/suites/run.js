// Runs the test suites of other projects with everything signed and every instrument on, against a control without us.
//
//   node test/suites/run.js <folder> [suite ...] [--runs=2] [--control-only] [--install] [--results=file]
//
// <folder> holds a checkout for each suite, named as in `suites.js`; `--install` installs what the checkouts depend on.
// Both kinds of runs are compared by the names of the tests: one that differs among the runs of a kind is not steady.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compareRuns, describeRow } from './compare-runs.js'
import { runTests } from './run-tests.js'
import { startServers } from './servers.js'
import { SUITES } from './suites.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '2' },
    'control-only': { type: 'boolean', default: false },
    'with-us-only': { type: 'boolean', default: false },
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

mkdirSync(values.results, { recursive: true })
for (const suite of SUITES.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const folder = resolve(checkouts, suite.place)
  if (!existsSync(folder)) console.log(`${suite.name}: no checkout of github.com/${suite.repository} at ${folder}`)
  else await runSuite(suite, folder)
}

async function runSuite(suite, folder) {
  const node = findNode(suite.node)
  if (values.install) install(suite, folder, node)
  const control = []
  const withUs = []
  for (let run = 0; run < Number(values.runs); run++) {
    if (!values['with-us-only']) control.push(await runOnce(suite, folder, node, false))
    if (!values['control-only']) withUs.push(await runOnce(suite, folder, node, true))
  }
  const comparison = compareRuns(control, withUs)
  const version = execFileSync('git', ['describe', '--tags', '--always'], { cwd: folder, encoding: 'utf8' }).trim()
  console.log(describeRow(suite.name, version, comparison))
  const file = join(values.results, `${suite.folder}.json`)
  writeFileSync(file, JSON.stringify({ suite: suite.name, version, ...comparison }, undefined, 2))
}

/** With servers of its own: what one run leaves in them must not meet the next. */
async function runOnce(suite, folder, node, withUs) {
  const servers = await startServers(suite.servers)
  const started = performance.now()
  try {
    const run = await runTests({ ...suite, env: { ...suite.env, ...servers.env }, node }, folder, withUs)
    const seconds = Math.round((performance.now() - started) / 1000)
    console.log(`${suite.name} ${withUs ? 'with us' : 'control'}: ${run.results.size} tests in ${seconds} s`)
    const file = join(values.results, `${suite.folder}-${withUs ? 'with-us' : 'control'}.log`)
    writeFileSync(file, run.output)
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

/** Another version of Node, from the npm registry. */
function findNode(version) {
  if (version === undefined || process.versions.node.startsWith(`${version}.`)) return process.execPath
  const print = ['-y', `--package=node@${version}`, '--', 'node', '-p', 'process.execPath']
  return execFileSync('npx', print, { cwd: tmpdir(), encoding: 'utf8' }).trim()
}
