import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { openSharedServers } from './servers/shared-servers.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs once before all test files. Builds changed sources, and starts shared servers when test files request them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  runBuildStep(['node_modules/typescript/bin/tsc', '-b'])
  runBuildStep(['bundle.js'])
  const servers = await openSharedServers()
  project.provide('sharedServersPort', servers.port)
  return () => servers.stop()
}

/** Builds the packages, because tests import the built packages. Takes less than a second if nothing has changed. */
function runBuildStep(args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`No test was run, because "node ${args.join(' ')}" fails:\n${stdout}${stderr}`)
}
