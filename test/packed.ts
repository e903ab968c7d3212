import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { listPackages, root } from '../release/packages.js'

const exec = promisify(execFile)
/** The docs tell users of Node 20 to install this package. */
export const SQLITE = '@photostructure/sqlite'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly files: readonly string[]
  readonly devDependencies: Record<string, string>
}

export const packageFolders = listPackages().map(({ folder }) => folder)

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** The packages that a project installs. */
export interface InstalledPackages {
  /** The tarballs of our packages. The project's manifest names only the packages in `only`. */
  readonly tarballs: ReadonlyMap<string, string>
  readonly only?: readonly string[] | undefined
  /** Names of the root's development dependencies to install as well. */
  readonly others?: readonly string[] | undefined
}

/** Installs packages into a folder with the package manager, as a user would. */
export async function install(manager: 'npm' | 'pnpm', project: string, wanted: InstalledPackages): Promise<void> {
  const { tarballs, only = [...tarballs.keys()], others = [] } = wanted
  const { devDependencies } = readManifest(root)
  const ours = Object.fromEntries([...tarballs].map(([name, tarball]) => [name, `file:${tarball}`]))
  const named = Object.entries(ours).filter(([name]) => only.includes(name))
  const dependencies = Object.fromEntries([...named, ...others.map(name => [name, devDependencies[name]])])
  // Our packages that the manifest does not name must also come from the tarballs, and never from a registry.
  const overrides = Object.fromEntries(Object.entries(ours).filter(([name]) => !only.includes(name)))
  const manifest = { private: true, type: 'module', dependencies, ...(manager === 'npm' && { overrides }) }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  if (manager === 'npm') {
    await exec('npm', ['install', '--no-audit', '--no-fund', '--fetch-retries=5'], { cwd: project })
  } else {
    const lines = Object.entries(ours).map(([name, tarball]) => `  '${name}': '${tarball}'\n`)
    writeFileSync(
      join(project, 'pnpm-workspace.yaml'),
      `overrides:\n${lines.join('')}allowBuilds:\n  '${SQLITE}': false\n`,
    )
    await exec('npx', ['-y', 'pnpm@12', 'install', '--no-frozen-lockfile'], { cwd: project })
  }
}
