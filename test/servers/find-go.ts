import { spawnSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** From this version on Go fetches the newer Go that a module asks for. */
const MIN_GO_MINOR = 21

/** The program `go`: in GOROOT, in the PATH, or where its installers put it. */
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
