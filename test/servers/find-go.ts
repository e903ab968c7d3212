import { spawnSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Since this version, Go downloads a newer Go if a module requires one. */
const MIN_GO_MINOR = 21

/** Returns the path of `go`. Searches GOROOT, the PATH, and the folders that Go's installers use. */
export function findGo(): string | undefined {
  const { GOROOT, PATH = '' } = process.env
  const folders = [...(GOROOT ? [join(GOROOT, 'bin')] : []), ...PATH.split(':')]
  const usual = ['/usr/local/go/bin', '/usr/lib/go/bin', join(homedir(), 'go/bin'), join(homedir(), 'sdk/go/bin')]
  return [...folders, ...usual].map(folder => join(folder, 'go')).find(isNewEnough)
}

function isNewEnough(file: string): boolean {
  const { stdout } = spawnSync(file, ['version'], { encoding: 'utf8' })
  const minor = /^go version go1\.(\d+)/.exec(stdout ?? '')?.[1]
  return Number(minor) >= MIN_GO_MINOR
}
