import { spawnSync } from 'node:child_process'

/** Whether instructions can be counted here, which depend on the architecture. */
export function hasValgrind() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false
  return spawnSync('valgrind', ['--version'], { stdio: 'ignore' }).status === 0
}
