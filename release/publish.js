// The release script: builds, checks, and publishes all packages whose version is not in the registry yet.
//
//   npx -y pnpm@12 release             only in the workflow "Release", where npm can prove the packages' origin
//   npx -y pnpm@12 release --dry-run   does everything except the upload, on any machine
//   node release/publish.js --list     prints the packages that would be published

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkTypes, lintPackage } from './check.js'
import { packPackages } from './pack.js'
import { listPackages, readCommonVersion, root } from './packages.js'
import { findUnpublished, publish } from './registry.js'

const dryRun = process.argv.includes('--dry-run')
const version = readCommonVersion()
const wanted = (await findUnpublished(listPackages())).map(({ name }) => name)

if (process.argv.includes('--list')) {
  for (const name of wanted) console.log(name)
} else if (wanted.length === 0) {
  console.log(`The registry has version ${version} of all packages.`)
} else if (!dryRun && process.env.GITHUB_ACTIONS !== 'true') {
  console.error('Packages are published by the workflow "Release". Here, use --dry-run.')
  process.exitCode = 1
} else {
  await release()
}

async function release() {
  for (const script of ['build', 'lint']) runScript(script)
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-release-'))
  try {
    const packed = (await packPackages(folder)).filter(({ name }) => wanted.includes(name))
    // All checks run before the first upload, because a published version cannot be replaced.
    for (const { name, tarball } of packed) {
      await lintPackage(tarball)
      await checkTypes(tarball)
      await publish(tarball, { dryRun: true })
      console.log(`Checked ${name} ${version}`)
    }
    for (const { name, tarball } of dryRun ? [] : packed) {
      await publish(tarball)
      console.log(`Published ${name} ${version}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function runScript(name) {
  const { status } = spawnSync('npx', ['-y', 'pnpm@12', 'run', name], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error(`"pnpm run ${name}" ended with ${status}.`)
}
