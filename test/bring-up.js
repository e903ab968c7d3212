// Installs, fetches and builds what the tests need.

import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { succeeds } from './requirements.js'

/** Resolves to the requirements that are not available on this machine, each with a `reason`. */
export async function bringUp(say, requirements) {
  install(requirements.filter(({ isThere, isBest = isThere }) => !isBest()).flatMap(({ debian }) => debian))
  const missing = []
  for (const requirement of requirements) {
    const reason = await fetchWhatIsMissing(requirement)
    if (reason !== undefined) missing.push({ ...requirement, reason })
  }
  return missing

  async function fetchWhatIsMissing({ name, debian, isThere, lacks, isFetched, fetch }) {
    if (!isThere()) return lacks ?? `install Debian's ${debian.join(', ')}`
    if (fetch === undefined || isFetched()) return undefined
    say(`Fetching ${name} (kept for later runs)`)
    try {
      await fetch()
    } catch (error) {
      return error.message
    }
  }

  function install(packages) {
    const mayInstall = process.getuid?.() === 0 && process.env.OSPROFILER_TEST_INSTALL !== '0'
    if (packages.length === 0 || !mayInstall || !succeeds('apt-get', ['--version'])) return
    say(`Installing with apt-get (OSPROFILER_TEST_INSTALL=0 forbids this): ${packages.join(' ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
    // A distribution other than Debian may lack some packages. The other packages are still installed.
    const known = packages.filter(name => succeeds('apt-cache', ['show', name]))
    withoutServices(() => {
      spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...known], { stdio: 'inherit', env })
    })
  }
}

/** Keeps Debian from starting the installed services, because the tests start their own servers. */
function withoutServices(install) {
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) return install()
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    install()
  } finally {
    rmSync(policy, { force: true })
  }
}
